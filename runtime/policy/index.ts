export type { Policy } from './api.ts';
export { quotasOf } from './bounds.ts';
export { defaultConfinement, requiredConfinement } from './evaluate.ts';
export { choosePolicyFile, loadPolicy, type PolicyChoice } from './load.ts';
export { readPolicy } from './read.ts';
