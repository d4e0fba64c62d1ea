export type { Policy } from './api.ts';
export { choosePolicyFile, loadPolicy, type PolicyChoice } from './load.ts';
