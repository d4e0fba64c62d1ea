export type { Cause, Change, Explanation, NextStep, RefusedCall, Retried, Wait } from './api.ts';
export { shownValue } from './api.ts';
export { explain } from './explain.ts';
export { type FactSources, stepPlace } from './facts.ts';
export { gatherFacts } from './gather.ts';
export { placeText } from './sentences.ts';
