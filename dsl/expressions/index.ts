export type {
  CheckedExpression,
  Evaluation,
  EvaluationEnvironment,
  ExpressionScope,
  Shape,
} from './api.ts';
export { checkExpression } from './check.ts';
export { conditionSource } from './condition.ts';
export { evaluateApart, evaluateExpression, evaluateTemplate, joinEvaluated } from './evaluate.ts';
export { isNestedTooDeep } from './json-text.ts';
export {
  type ContextName,
  type ExpressionPlace,
  expressionScope,
  knownContexts,
  type PlaceRule,
} from './scopes.ts';
export { sliceContexts } from './slice.ts';
export { expressionsOf, parseTemplate, referencesOf } from './template.ts';
export { foldCase, isTruthy, toText } from './text.ts';
export { evaluateForTools, type ToolAnswer } from './tools.ts';
