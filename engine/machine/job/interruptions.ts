import { assertNever, errorKinds, type WaterflowError } from '../../../schemas/index.ts';
import { advance, decideHere } from './advance.ts';
import { endAttempt, endJob } from './attempt.ts';
import { clockRanOut, jobTimeoutError, startGrace } from './clock.ts';
import { endTriedStep, failed, noteFailure, skipRest } from './ending.ts';
import { interrupt } from './running.ts';
import type { Failure } from './state.ts';
import { changeAttempt, changeCurrent, currentStep, type JobTurn } from './turn.ts';

/**
 * Cancels the job in order, by GitHub's rule: the condition of the step at hand is asked again, now that `cancelled()` holds. If it
 * still holds (`always()`) the step goes on; otherwise it is told to end, and the later steps are decided in their turn.
 */
export function cancelJob(turn: JobTurn, reason: string): void {
  turn.active = { ...turn.active, cancel: { at: turn.at, reason } };
  const { stage, attempt } = turn.active;
  if (stage !== 'working') {
    turn.commands.push({ type: 'cancel_timer', timer: stage.timer });
    endJob(turn, { outputs: {}, output_bytes: attempt.output_bytes });
    return;
  }
  const step = currentStep(turn);
  if (step !== undefined && !goesOn(turn)) {
    tellToEnd(turn, 'cancelled');
    interrupt(turn, step, 'cancelled');
  }
  // A step that waits for the agent is decided anew; one that the agent evaluates, when its answer comes.
  advance(turn);
}

/** The job's time is up: what runs is told to end, and steps that still may run have the time of grace. */
export function timeUp(turn: JobTurn): void {
  clockRanOut(turn);
  noteFailure(turn, { error: jobTimeoutError(turn), class: 'timeout' });
  startGrace(turn);
  const step = currentStep(turn);
  if (step === undefined) return;
  tellToEnd(turn, 'timeout');
  interrupt(turn, step, 'timeout');
  advance(turn);
}

/** The time of grace is up as well: nothing more runs. The release kills what still does. */
export function graceUp(turn: JobTurn): void {
  clockRanOut(turn);
  const error = jobTimeoutError(turn);
  abandonStep(turn, { error, class: 'timeout' });
  skipRest(turn, [{ path: 'job.timeout-minutes', value: turn.active.start.timeout_ms / 60_000 }]);
  endAttempt(turn);
}

/** The agent, or the claim that was asked for, is gone, and with it the workspace: no later step can run. */
export function loseAgent(turn: JobTurn, error: WaterflowError): void {
  changeAttempt(turn, { claim: { state: 'lost' } });
  const failure: Failure = errorKinds[error.code] === 'machinery' ? { error, class: 'lost' } : { error };
  abandonStep(turn, failure);
  noteFailure(turn, failure);
  skipRest(turn, [{ path: 'runner', value: null }]);
  endAttempt(turn);
}

/** The step at hand fails as it is, if it was being tried; its answer isn't waited for. */
function abandonStep(turn: JobTurn, failure: Failure): void {
  const { current } = turn.active.attempt;
  const step = currentStep(turn);
  if (step === undefined) return;
  switch (current.state) {
    case 'deciding':
      return;
    case 'evaluating':
      return changeCurrent(turn, { state: 'deciding' });
    case 'sleeping':
    case 'backing_off':
      turn.commands.push({ type: 'cancel_timer', timer: current.timer });
      return endTriedStep(turn, step, { result: failed(failure), attempt: current });
    case 'running':
      return endTriedStep(turn, step, { result: failed(failure), attempt: current });
    default:
      return assertNever(current);
  }
}

/** Tells a plugin that runs to end, once. */
function tellToEnd(turn: JobTurn, reason: 'cancelled' | 'timeout'): void {
  const { current, number } = turn.active.attempt;
  if (current.state !== 'running' || current.cancelled !== undefined) return;
  const { step, attempt } = current.task;
  turn.commands.push({ type: 'cancel_step', step, attempt, job_attempt: number, reason });
  changeCurrent(turn, { ...current, cancelled: reason });
}

/** True where the step at hand, under way, may stay so. A condition that only the agent can evaluate is taken not to hold. */
function goesOn(turn: JobTurn): boolean {
  const step = currentStep(turn);
  if (step?.if === undefined || step.if.on_agent) return false;
  return decideHere(turn, step).decision === 'run';
}
