import {
  assertNever,
  errorKinds,
  type PlannedStep,
  type StepTask,
  type WaterflowError,
} from '../../../schemas/index.ts';
import type { SkipReason } from '../run/protocol.ts';
import { endJob } from './attempt/attempt.ts';
import { clockRanOut, giveGrace, jobTimeoutError } from './attempt/clock.ts';
import {
  changeBody,
  changeCurrent,
  childrenOf,
  currentStep,
  holdingAt,
  rootOf,
  sequenceOf,
  sequencesIn,
} from './sequence/cursor.ts';
import type { Ending, Failure } from './sequence/sequence.ts';
import { noOutputs } from './state.ts';
import { type Cut, interrupt, lastAttempt, withdraw } from './step/concluding.ts';
import { decideHere } from './step/decisions.ts';
import { endTriedStep, failed, noteFailure } from './step/ending.ts';
import { failForSecrets } from './step/lacking.ts';
import { type Cursor, changeAttempt, type JobTurn, without } from './turn.ts';

/** Cancels the job in order. It ends a pause. */
export function cancelJob(turn: JobTurn, reason: string): void {
  turn.active = { ...without(turn.active, 'pause'), cancel: { at: turn.at, reason } };
  const { stage, attempt } = turn.active;
  if (stage === 'working') return cancelSequence(rootOf(turn));
  turn.commands.push({ type: 'cancel_timer', timer: stage.timer });
  endJob(turn, { outputs: noOutputs, output_bytes: attempt.output_bytes });
}

/**
 * Cancels a sequence in order, by GitHub's rule: the condition of the step at hand is asked again, now that `cancelled()` holds. If it
 * still holds (`always()`) the step goes on; otherwise it is told to end, and the later steps are decided in their turn. What is
 * inside of a step is cancelled in the same way.
 */
export function cancelSequence(cursor: Cursor): void {
  const step = currentStep(cursor);
  if (step !== undefined && !goesOn(cursor, step))
    cut(cursor, step, { cut: 'cancelled', ending: { why: 'cancelled' } });
  else if (step !== undefined) waitNoLonger(cursor, step);
  for (const child of childrenOf(cursor)) cancelSequence(child);
  // A step that waits for the agent is decided anew; one that the agent evaluates, when its answer comes.
  cursor.turn.agenda.push(cursor);
}

/** The job's time is up: what runs is told to end, and steps that still may run have the time of grace. */
export function timeUp(turn: JobTurn): void {
  giveGrace(turn);
  const failure: Failure = { error: jobTimeoutError(turn), class: 'timeout' };
  for (const cursor of Array.from(sequencesIn(rootOf(turn)))) {
    noteFailure(cursor, failure);
    const step = currentStep(cursor);
    if (step !== undefined) cut(cursor, step, { cut: 'timeout', ending: { why: 'timeout', failure } });
    turn.agenda.push(cursor);
  }
}

/** The time of grace is up as well: nothing more runs. The release kills what still does. */
export function graceUp(turn: JobTurn): void {
  clockRanOut(turn);
  const read = [{ path: 'job.timeout-minutes', value: turn.active.start.timeout_ms / 60_000 }];
  abandon(turn, { failure: { error: jobTimeoutError(turn), class: 'timeout' }, read });
}

/** The agent, or the claim that was asked for, is gone, and with it the workspace: no later step can run. */
export function loseAgent(turn: JobTurn, error: WaterflowError): void {
  changeAttempt(turn, { claim: { state: 'lost' } });
  const failure: Failure = errorKinds[error.code] === 'machinery' ? { error, class: 'lost' } : { error };
  abandon(turn, { failure, read: [{ path: 'runner', value: null }] });
}

/** The body of a step has taken too long: what runs in it is told to end, and nothing more of it begins. */
export function stopBody(cursor: Cursor, stop: Omit<Extract<Ending, { readonly why: 'stopped' }>, 'why'>): void {
  const ending: Ending = { why: 'stopped', ...stop };
  endBody(cursor, ending);
  for (const child of childrenOf(cursor)) {
    for (const inner of Array.from(sequencesIn(child))) {
      noteFailure(inner, stop.failure);
      const step = currentStep(inner);
      if (step !== undefined) cut(inner, step, { cut: 'timeout', ending });
      cursor.turn.agenda.push(inner);
    }
  }
  cursor.turn.agenda.push(cursor);
}

/** Nothing more runs at all. Steps that were being tried fail as they are; their answers aren't waited for. */
function abandon(
  turn: JobTurn,
  { failure, read }: { readonly failure: Failure; readonly read: SkipReason['read'] },
): void {
  changeAttempt(turn, { stopped: read });
  for (const cursor of Array.from(sequencesIn(rootOf(turn)))) {
    const step = currentStep(cursor);
    if (step !== undefined) abandonStep(cursor, step, { why: 'stopped', failure, read });
    noteFailure(cursor, failure);
    turn.agenda.push(cursor);
  }
}

function abandonStep(cursor: Cursor, step: PlannedStep, ending: Extract<Ending, { readonly why: 'stopped' }>): void {
  const { current } = sequenceOf(cursor);
  switch (current.state) {
    case 'deciding':
      return;
    case 'evaluating':
      return changeCurrent(cursor, { state: 'deciding' });
    case 'inside':
      return endBody(cursor, ending);
    case 'ready':
    case 'asking':
    case 'running':
    case 'sleeping':
    case 'backing_off':
    case 'awaiting':
      withdraw(cursor, current);
      return endTriedStep(cursor, step, { result: failed(ending.failure), attempt: lastAttempt(current) });
    default:
      return assertNever(current);
  }
}

/** Tells the step at hand to end, once; one that only waits ends here and now. */
function cut(cursor: Cursor, step: PlannedStep, { cut, ending }: { readonly cut: Cut; readonly ending: Ending }): void {
  const { current } = sequenceOf(cursor);
  switch (current.state) {
    case 'deciding':
    case 'evaluating':
      return;
    case 'inside':
      return endBody(cursor, ending);
    case 'asking':
      if (current.cut === undefined) changeCurrent(cursor, { ...current, cut });
      return;
    case 'running': {
      if (current.cut !== undefined) return;
      askToEnd(cursor, current.task, cut);
      // No agent has it.
      if (current.lacks !== undefined) return interrupt(cursor, step, { current, cut });
      return changeCurrent(cursor, { ...current, cut });
    }
    case 'ready':
    case 'sleeping':
    case 'backing_off':
    case 'awaiting':
      return interrupt(cursor, step, { current, cut });
    default:
      return assertNever(current);
  }
}

/** What goes on although its sequence is cancelled waits for no secrets. */
function waitNoLonger(cursor: Cursor, step: PlannedStep): void {
  const { current } = sequenceOf(cursor);
  if (current.state !== 'running' || current.lacks === undefined || current.lacks.length === 0) return;
  askToEnd(cursor, current.task, 'cancelled');
  failForSecrets(cursor, step, { current, secrets: current.lacks });
}

function askToEnd({ turn }: Cursor, { step, attempt, job_attempt }: StepTask, reason: Cut): void {
  turn.commands.push({ type: 'cancel_step', step, attempt, job_attempt, reason });
}

/** Of several endings of a body the one with the highest rank counts. */
const ranks = { failed: 0, cancelled: 1, timeout: 2, stopped: 3 } as const;

/** The body of the step at hand is to end early. */
export function endBody(cursor: Cursor, ending: Ending): void {
  const { body } = holdingAt(cursor);
  if (body.ending === undefined || ranks[ending.why] > ranks[body.ending.why]) changeBody(cursor, { ...body, ending });
}

/** True where the step at hand, under way, may stay so. A condition that only the agent can evaluate is taken not to hold. */
function goesOn(cursor: Cursor, step: PlannedStep): boolean {
  if (step.if === undefined || step.if.on_agent) return false;
  return decideHere(cursor, step).decision === 'run';
}
