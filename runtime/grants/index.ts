export type * from './api.ts';
export { authorize } from './authorize.ts';
export { parseCallText } from './call-text.ts';
export { computeGrant } from './compute-grant.ts';
export { secretsNamedIn } from './entries.ts';
export { fieldInWords } from './entry-words.ts';
export {
  type ExplainedCapability,
  type ExplainedLayer,
  type ExplainedRule,
  explain,
  explanationToJson,
  type GrantExplanation,
  renderExplanation,
} from './explain.ts';
export {
  type CallExplanation,
  type Change,
  callExplanationToJson,
  explainCall,
  type LayerVerdict,
} from './explain-call.ts';
export { secretsToFill } from './granted-secrets.ts';
export { perform } from './perform.ts';
