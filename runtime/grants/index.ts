export type * from './api.ts';
export { authorize } from './authorize.ts';
export { computeGrant } from './compute-grant.ts';
export {
  type ExplainedCapability,
  type ExplainedLayer,
  type ExplainedRule,
  explain,
  explanationToJson,
  type GrantExplanation,
  renderExplanation,
} from './explain.ts';
export { perform } from './perform.ts';
