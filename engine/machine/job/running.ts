import type { PlannedStep, StepResult } from '../../../schemas/index.ts';
import { cancelledError, type Result } from '../errors.ts';
import { jobTimeoutError } from './clock.ts';
import { startControl } from './control.ts';
import { addCalls, endTriedStep, failed, failureOf, withinLimits } from './ending.ts';
import { mayRetry, retryDelay } from './retry.ts';
import type { CurrentStep, Failure, StepAttempt } from './state.ts';
import { taskOf } from './task.ts';
import { changeCurrent, type JobTurn } from './turn.ts';

/** Starts an attempt of a step: a plugin on the agent, a control node by a timer. */
export function tryStep(turn: JobTurn, step: PlannedStep, attempt: StepAttempt): void {
  const started = step.kind === 'plugin' ? startPlugin(turn, step, attempt) : startControl(turn, step, attempt);
  if ('error' in started) return concludeAttempt(turn, step, { result: failed(started), attempt });
  changeCurrent(turn, started.ok);
}

function startPlugin(turn: JobTurn, step: PlannedStep, attempt: StepAttempt): Result<CurrentStep> {
  const task = taskOf(turn, step, attempt);
  if ('error' in task) return task;
  turn.commands.push({ type: 'run_step', task: task.ok });
  return { ok: { ...attempt, state: 'running', task: task.ok } };
}

/** What the end of an attempt makes of the step: another attempt after a while, or its end. */
export function concludeAttempt(
  turn: JobTurn,
  step: PlannedStep,
  ended: { readonly result: StepResult; readonly attempt: StepAttempt; readonly cancelled?: 'cancelled' | 'timeout' },
): void {
  const { attempt, cancelled } = ended;
  const result = cancelled === 'timeout' ? timedOut(turn, ended.result) : withinLimits(turn, ended.result);
  if (result.outcome !== 'failure' || cancelled !== undefined) return endTriedStep(turn, step, { result, attempt });
  const failure = failureOf(result);
  if (!mayRetry(step.retry, failure, { made: attempt.number, most: attempt.settings.attempts })) {
    return endTriedStep(turn, step, { result, attempt });
  }
  const delay = retryDelay(step.retry, attempt.number);
  const timer = `retry/${turn.active.attempt.number}/${step.key}/${attempt.number + 1}`;
  const due = turn.at + delay;
  turn.commands.push({ type: 'start_timer', timer, due });
  const host_calls = addCalls(attempt.host_calls, result.host_calls);
  changeCurrent(turn, { ...attempt, host_calls, state: 'backing_off', timer, due, delay_ms: delay, failure });
}

/** Ends a step that waits, sleeping or between attempts, before its time; its timer is withdrawn. */
export function interrupt(turn: JobTurn, step: PlannedStep, why: 'cancelled' | 'timeout'): void {
  const { current } = turn.active.attempt;
  if (current.state !== 'sleeping' && current.state !== 'backing_off') return;
  turn.commands.push({ type: 'cancel_timer', timer: current.timer });
  const timeUp = current.state === 'backing_off' ? failed(current.failure) : failed(jobTimeout(turn));
  const reason = turn.active.cancel?.reason ?? 'the job ended';
  const cancelled = { ...timeUp, outcome: 'cancelled', error: cancelledError(reason) } as const;
  endTriedStep(turn, step, { result: why === 'timeout' ? timeUp : cancelled, attempt: current });
}

/** A step that the job's timeout ended has failed by it, whatever the agent made of the cancellation; unless it was done. */
function timedOut(turn: JobTurn, result: StepResult): StepResult {
  if (result.outcome === 'success') return withinLimits(turn, result);
  return withinLimits(turn, { ...result, outcome: 'failure', ...jobTimeout(turn) });
}

function jobTimeout(turn: JobTurn): Failure & { readonly class: 'timeout' } {
  return { error: jobTimeoutError(turn), class: 'timeout' };
}
