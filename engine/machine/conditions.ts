import { evaluateExpression, isTruthy } from '../../dsl/expressions/index.ts';
import type { Json, JsonObject, PlannedCondition, WaterflowError } from '../../schemas/index.ts';
import type { Result } from './errors.ts';
import type { SkipReason } from './run/protocol.ts';
import { explaining } from './storable.ts';

/** What the status functions say at one place. */
export interface Status {
  readonly success: boolean;
  readonly failure: boolean;
  readonly cancelled: boolean;
}

/** What a condition decides. */
export type Decision =
  | { readonly decision: 'run' }
  | { readonly decision: 'skip'; readonly reason: SkipReason }
  | { readonly decision: 'fail'; readonly error: WaterflowError };

/** Where a condition is evaluated. `contexts` and `evidence` are only asked for where they are needed. */
export interface ConditionPlace {
  readonly status: Status;
  readonly contexts: () => Result<JsonObject>;
  /** The values that make `success()` false, for the skip reason of a condition that doesn't read them itself. */
  readonly evidence: () => SkipReason['read'];
}

/** Decides over an `if`, or over its absence, which is `success()`. */
export function decide(condition: PlannedCondition | undefined, place: ConditionPlace): Decision {
  const callsStatus = condition?.calls_status_function === true;
  if (!callsStatus && !place.status.success) return skip(condition, place.evidence(), false);
  if (condition === undefined) return { decision: 'run' };
  const contexts = place.contexts();
  if ('error' in contexts) return { decision: 'fail', error: contexts.error };
  const evaluation = evaluateExpression(condition.expression, { contexts: contexts.ok, status: place.status });
  if ('error' in evaluation) return { decision: 'fail', error: evaluation.error };
  return decideByResult(condition, evaluation.ok, evaluation.read);
}

/** Decides by the result of a condition that was evaluated elsewhere. */
export function decideByResult(condition: PlannedCondition, result: Json, read: SkipReason['read']): Decision {
  return isTruthy(result) ? { decision: 'run' } : skip(condition, read, result);
}

/** The condition as it is evaluated: `success()` stands before one that calls no status function. */
export function conditionText(condition: PlannedCondition | undefined): string {
  if (condition === undefined) return 'success()';
  const { source } = condition.expression;
  return condition.calls_status_function ? source : `success() && (${source})`;
}

function skip(condition: PlannedCondition | undefined, read: SkipReason['read'], result: Json): Decision {
  const shown = read.map(({ path, value }) => ({ path, value: explaining(value) }));
  return { decision: 'skip', reason: { condition: conditionText(condition), read: shown, result: explaining(result) } };
}
