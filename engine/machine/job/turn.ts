import type { Plan, PlannedJob, PlannedStep } from '../../../schemas/index.ts';
import type { JobCommand } from './protocol.ts';
import type { EndedStep } from './sequence/sequence.ts';
import type { ActiveJob, Attempt, EndedJob } from './state.ts';

/**
 * The work on one event: a draft that the functions of the job machine change in place. It shares everything with the state
 * that it starts from; what changes is replaced, never altered.
 */
export interface JobTurn {
  /** Of the workflow that the job belongs to. */
  readonly plan: Plan;
  readonly job: PlannedJob;
  /** The event's time. */
  readonly at: number;
  active: ActiveJob;
  /** Set once the job is over. */
  ended?: EndedJob;
  readonly commands: JobCommand[];
  /** The sequences that may be able to go on. */
  readonly agenda: Cursor[];
  /** The steps that are over since the event, and the keys of those that came to another point. */
  readonly news: { readonly ended: EndedStep[]; readonly moved: Set<string> };
  /** Iterations that have begun since the event. */
  begun: number;
}

/** A place in the tree of sequences: one of them, whatever it is at. */
export interface Cursor {
  readonly turn: JobTurn;
  /** As planned. */
  readonly steps: readonly PlannedStep[];
  /** What stands before the keys of its steps: `loop[7].`; nothing at the root. */
  readonly prefix: string;
  /** The step whose body it belongs to; absent at the root. */
  readonly around?: { readonly cursor: Cursor; readonly holder: PlannedStep; readonly iteration?: number };
}

/** Whether an event answered something that was outstanding. */
export type Effect = 'changed' | 'nothing';

/** The work on an event that finds a job in this state. */
export function openTurn(given: Pick<JobTurn, 'plan' | 'job' | 'at' | 'active'>): JobTurn {
  return { ...given, commands: [], agenda: [], news: { ended: [], moved: new Set() }, begun: 0 };
}

/** Replaces parts of the attempt. */
export function changeAttempt(turn: JobTurn, change: Partial<Attempt>): void {
  turn.active = { ...turn.active, attempt: { ...turn.active.attempt, ...change } };
}

/** A copy without one of its optional keys. */
export function without<Value extends object, Key extends keyof Value>(value: Value, key: Key): Omit<Value, Key> {
  const { [key]: _gone, ...rest } = value;
  return rest;
}
