import { assertNever, type PlannedStep, type StepResult } from '../../../../schemas/index.ts';
import { cancelledError } from '../../errors.ts';
import { jobTimeoutError } from '../attempt/clock.ts';
import { withinCarriedLimits } from '../sequence/carried.ts';
import { changeCurrent, keyIn } from '../sequence/cursor.ts';
import type { Failure, TriedStep } from '../sequence/sequence.ts';
import { cancelReason, endingsAround } from '../sequence/status.ts';
import { noOutputs } from '../state.ts';
import type { Cursor } from '../turn.ts';
import { addCalls, endTriedStep, failed, failureOf, noCalls, type StepEnd, withinLimits } from './ending.ts';
import { mayRetry, retryDelay } from './retry.ts';

/** Why a step ends before it is done. */
export type Cut = 'cancelled' | 'timeout';

/** What the end of an attempt makes of the step: another attempt after a while, or its end. `cut`: it was told to end. */
export function concludeAttempt(cursor: Cursor, step: PlannedStep, ended: StepEnd & { readonly cut?: Cut }): void {
  const { turn } = cursor;
  const { attempt, cut } = ended;
  const given = cut === 'timeout' ? timedOut(cursor, ended.result) : ended.result;
  const result = withinCarriedLimits(cursor, withinLimits(turn, given));
  if (result.outcome !== 'failure' || cut !== undefined) return endTriedStep(cursor, step, { ...ended, result });
  const failure = failureOf(result);
  const attempts = { made: attempt.number - attempt.first + 1, most: attempt.settings.attempts };
  const policy = isTriedAgain(step) ? step.retry : undefined;
  if (!mayRetry(policy, failure, attempts)) return endTriedStep(cursor, step, { ...ended, result });
  const delay = retryDelay(policy, attempts.made);
  const timer = `retry/${turn.active.attempt.number}/${keyIn(cursor, step)}/${attempt.number + 1}`;
  const due = turn.at + delay;
  turn.commands.push({ type: 'start_timer', timer, due });
  const host_calls = addCalls(attempt.host_calls, result.host_calls);
  changeCurrent(cursor, { ...attempt, host_calls, state: 'backing_off', timer, due, delay_ms: delay, failure });
}

/** The result of a control node that is done. */
export function succeeded(outputs: StepResult['outputs'] = noOutputs): StepResult {
  return { outcome: 'success', outputs, host_calls: noCalls };
}

/** The result of a step that ends because its sequence is cancelled. */
export function cancelledResult(cursor: Cursor): Extract<StepResult, { outcome: 'cancelled' }> {
  const error = cancelledError(cancelReason(cursor) ?? 'the job ended');
  return { outcome: 'cancelled', error, outputs: noOutputs, host_calls: noCalls };
}

/** Ends a step that waits for something but the agent, before its time; what it waits for is withdrawn. */
export function interrupt(cursor: Cursor, step: PlannedStep, { current, cut }: Interruption): void {
  withdraw(cursor, current);
  const failedBefore = 'failure' in current ? current.failure : undefined;
  const result = cut === 'timeout' ? failed(failedBefore ?? timeoutFailure(cursor)) : cancelledResult(cursor);
  endTriedStep(cursor, step, { result, attempt: lastAttempt(current) });
}

interface Interruption {
  readonly current: TriedStep;
  readonly cut: Cut;
}

/** Takes back what a step waits for: its timers and its signal. What it asked of the agent stays. */
export function withdraw({ turn }: Cursor, current: TriedStep): void {
  switch (current.state) {
    case 'sleeping':
    case 'backing_off':
      turn.commands.push({ type: 'cancel_timer', timer: current.timer });
      return;
    case 'awaiting':
      turn.commands.push({ type: 'stop_awaiting', name: current.awaited.name });
      if (current.deadline !== undefined) {
        turn.commands.push({ type: 'cancel_timer', timer: current.deadline.timer });
      }
      return;
    case 'inside':
      if (current.deadline !== undefined) {
        turn.commands.push({ type: 'cancel_timer', timer: current.deadline.timer });
      }
      if (current.body.kind === 'for-each' && current.body.breath !== undefined) {
        turn.commands.push({ type: 'cancel_timer', timer: current.body.breath.timer });
      }
      return;
    case 'ready':
    case 'asking':
    case 'running':
      return;
    default:
      assertNever(current);
  }
}

/** The last attempt that began: one that is only ready to begin doesn't count. */
export function lastAttempt(current: TriedStep): TriedStep {
  const isReady = current.state === 'ready' || (current.state === 'running' && current.lacks !== undefined);
  if (!isReady) return current;
  return { ...current, number: current.number === current.first ? 0 : current.number - 1 };
}

/** Why what runs in a sequence is over its time: that of a step around it, or the job's. */
export function timeoutFailure(cursor: Cursor): Failure {
  for (const ending of endingsAround(cursor)) {
    if (ending.why === 'stopped' || ending.why === 'timeout') return ending.failure;
  }
  return { error: jobTimeoutError(cursor.turn), class: 'timeout' };
}

/** Only plugins and `sleep`: what lies inside of the other control nodes has a `retry` of its own. */
function isTriedAgain(step: PlannedStep): boolean {
  return step.kind === 'plugin' || step.uses.startsWith('sleep@');
}

/** A step that a timeout ended has failed by it, whatever the agent made of the cancellation; unless it was done. */
function timedOut(cursor: Cursor, result: StepResult): StepResult {
  return result.outcome === 'success' ? result : { ...result, outcome: 'failure', ...timeoutFailure(cursor) };
}
