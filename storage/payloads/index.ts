export { openPayloads } from './open.ts';
export type { KeptPayloads, RunPayloads } from './port.ts';
