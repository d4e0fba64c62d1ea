import { evaluateExpression, isTruthy } from '../../../../dsl/expressions/index.ts';
import { carriesNothing, type Json, type PlannedCondition, type PlannedStep } from '../../../../schemas/index.ts';
import { itemsOf } from '../../chunks.ts';
import type { Result } from '../../errors.ts';
import { pathsOfCondition } from '../../references.ts';
import { carriedBy } from '../sequence/carried.ts';
import { stepContexts } from '../sequence/contexts.ts';
import { changeCurrent, holdingAt, keyIn, sequenceOf } from '../sequence/cursor.ts';
import {
  type EndedStep,
  type HoldingStep,
  newSequence,
  type StepAttempt,
  type TriedStep,
} from '../sequence/sequence.ts';
import { stepStatus } from '../sequence/status.ts';
import { cancelledResult, concludeAttempt, withdraw } from '../step/concluding.ts';
import { deadlineOf } from '../step/deadline.ts';
import { failed, noCalls } from '../step/ending.ts';
import { evaluationOf } from '../step/evaluation.ts';
import type { Cursor } from '../turn.ts';
import { bodyOutputs } from './outputs.ts';

/** Starts `if@v1`: its condition, taken as it is written, chooses the steps that run. The agent is asked where only it can evaluate that. */
export function startBranch(
  cursor: Cursor,
  step: PlannedStep,
  { attempt, condition }: { readonly attempt: StepAttempt; readonly condition: PlannedCondition },
): Result<TriedStep> {
  if (condition.on_agent) {
    const id = `condition/${cursor.turn.active.attempt.number}/${keyIn(cursor, step)}/${attempt.number}`;
    const task = evaluationOf(cursor, step, { id, condition });
    if ('error' in task) return task;
    cursor.turn.commands.push({ type: 'evaluate_on_agent', task: task.ok });
    return { ok: { ...attempt, state: 'asking', task: task.ok } };
  }
  const contexts = stepContexts(cursor, step, pathsOfCondition(condition));
  if ('error' in contexts) return contexts;
  const evaluation = evaluateExpression(condition.expression, { contexts: contexts.ok, status: stepStatus(cursor) });
  if ('error' in evaluation) return evaluation;
  return { ok: branchFor(cursor, step, { attempt, value: evaluation.ok }) };
}

/** The steps begin that the condition chose by its value. */
function branchFor(
  cursor: Cursor,
  step: PlannedStep,
  { attempt, value }: { readonly attempt: StepAttempt; readonly value: Json },
): HoldingStep {
  const branch = isTruthy(value) ? 'then' : 'else';
  return {
    ...attempt,
    state: 'inside',
    body: { kind: 'if', branch, sequence: newSequence },
    ...deadlineOf(cursor, step, attempt),
  };
}

/** The steps of a branch are over: the step that holds them ends as they did. */
export function leaveBranch(cursor: Cursor): void {
  const { around } = cursor;
  if (around === undefined || around.holder.body?.kind !== 'if') throw new TypeError('no branch ends here');
  const outer = around.cursor;
  const sequence = sequenceOf(cursor);
  const { outputs, failure: unfit } = bodyOutputs(cursor, around.holder.body.outputs);
  const holding = holdingAt(outer);
  withdraw(outer, holding);
  const { ending } = holding.body;
  const failure = ending?.why === 'stopped' ? ending.failure : (sequence.failure ?? unfit);
  const inside = itemsOf(sequence.steps).flatMap(withInside);
  const ended = { attempt: holding, inside: { inside, inside_bytes: sequence.output_bytes } };
  if (ending?.why === 'cancelled' || failure?.error.code === 'CANCELLED') {
    return concludeAttempt(outer, around.holder, { ...ended, result: { ...cancelledResult(cursor), outputs } });
  }
  const carried = carriedBy(sequence.steps);
  const left = { outputs, ...(carriesNothing(carried) ? {} : { carried }) };
  const result =
    failure === undefined
      ? ({ outcome: 'success', ...left, host_calls: noCalls } as const)
      : { ...failed(failure), ...left };
  concludeAttempt(outer, around.holder, { ...ended, result });
}

/** A step that is over, and those inside of it that are remembered, each by itself; what it left is with the step around it. */
export function withInside({
  inside = [],
  inside_bytes: _counted,
  carried: _left,
  ...step
}: EndedStep): readonly EndedStep[] {
  return [step, ...inside];
}

/** The agent has said what the condition of a body gives; the step goes on with it, or ends if it is to. */
export function chooseBranch(cursor: Cursor, step: PlannedStep, value: Json): void {
  const { current } = sequenceOf(cursor);
  if (current.state !== 'asking') return;
  const { task: _answered, cut: _none, ...attempt } = current;
  changeCurrent(cursor, branchFor(cursor, step, { attempt, value }));
}
