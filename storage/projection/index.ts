export { openProjection } from './open.ts';
export type { EventReport, Projection } from './port.ts';
