export type { Policy } from './api.ts';
export { choosePolicyFile, loadPolicy, type PolicyChoice, systemPolicyFile } from './load.ts';
export { readPolicy } from './read.ts';
