import type { Plan, PlannedJob, PlannedStep } from '../../../schemas/index.ts';
import { countOf } from '../chunks.ts';
import type { Status } from '../conditions.ts';
import type { JobCommand } from './protocol.ts';
import type { ActiveJob, Attempt, CurrentStep, EndedJob } from './state.ts';

/**
 * The work on one event: a draft that the functions of the job machine change in place. It shares everything with the state
 * that it starts from; what changes is replaced, never altered.
 */
export interface JobTurn {
  readonly plan: Plan;
  readonly job: PlannedJob;
  /** The event's time. */
  readonly at: number;
  active: ActiveJob;
  /** Set once the job is over. */
  ended?: EndedJob;
  readonly commands: JobCommand[];
}

/** Whether an event answered something that was outstanding. */
export type Effect = 'changed' | 'nothing';

/** Replaces parts of the attempt. */
export function changeAttempt(turn: JobTurn, change: Partial<Attempt>): void {
  turn.active = { ...turn.active, attempt: { ...turn.active.attempt, ...change } };
}

/** Replaces the step that the attempt is at. */
export function changeCurrent(turn: JobTurn, current: CurrentStep): void {
  changeAttempt(turn, { current });
}

/** The step that the attempt is at, as planned; undefined past the last one. */
export function currentStep(turn: JobTurn): PlannedStep | undefined {
  return turn.job.steps[countOf(turn.active.attempt.steps)];
}

/** The job's status as its steps see it. Cancelled outweighs failed. */
export function jobStatus(active: ActiveJob): 'success' | 'failure' | 'cancelled' {
  if (active.cancel !== undefined) return 'cancelled';
  return active.attempt.failure === undefined ? 'success' : 'failure';
}

/** What the status functions say to a step. */
export function stepStatus(active: ActiveJob): Status {
  const status = jobStatus(active);
  return { success: status === 'success', failure: status === 'failure', cancelled: status === 'cancelled' };
}
