import { assertNever, type RunId } from '../../schemas/index.ts';
import type { ScheduleRow } from '../../storage/records/port.ts';
import { lastStart, startAfter } from './starts.ts';

/** A start that comes up to so late, in ms, came in time: a busy server and a poll take theirs. */
export const inTimeMs = 10_000;

/**
 * Starts that were carried out further ahead than this, in ms, were carried out by a clock that was wrong. A clock that is set back by
 * less, as when a machine takes local time for UTC, starts nothing a second time.
 */
const wrongClockMs = 24 * 60 * 60_000;

/** From when to when a run of the schedule went on, in ms since the epoch; without an end it still does. */
export interface RunSpan {
  readonly run: RunId;
  readonly from: number;
  readonly until?: number;
}

/** The part of a schedule that decides when it starts. */
export type DueSchedule = Pick<ScheduleRow, 'cron' | 'timezone' | 'overlap' | 'catch_up_ms' | 'done_until'>;

/** What to do about a schedule. `to` is up to when its starts are decided then. */
export type Decision =
  /** Nothing is due before `next`, if ever. */
  | { readonly kind: 'idle'; readonly next?: number }
  /** The starts up to then aren't carried out. */
  | { readonly kind: 'pass'; readonly to: number; readonly why: 'overlap' | 'too old' | 'wrong clock' }
  /** The start of that time is carried out; others up to `to` are not. */
  | { readonly kind: 'start'; readonly at: number; readonly to: number }
  /** A run has to end first; those are to be cancelled. */
  | { readonly kind: 'wait'; readonly cancel: readonly RunId[] };

/**
 * Decides over the oldest start that is due. It knows nothing but what is in the store, so that all servers, and one that was started
 * anew, decide alike.
 *
 * A start *overlaps* where a run of the schedule was going on when its time came; `overlap` decides over it as Temporal's schedules do
 * (Skip, BufferOne, CancelOther). A start that overlaps none and is late was missed: it is made up if it is younger than `catch_up_ms`,
 * one after the other, oldest first. So a made-up start never overlaps another, and `overlap` has no say.
 */
export function decide(schedule: DueSchedule, runs: readonly RunSpan[], now: number): Decision {
  const { done_until: doneUntil } = schedule;
  if (doneUntil - now > wrongClockMs) return { kind: 'pass', to: now, why: 'wrong clock' };
  const first = startAfter(schedule, doneUntil);
  if (first === undefined) return { kind: 'idle' };
  if (first > now) return { kind: 'idle', next: first };
  const due: Due = { schedule, runs, now, first, going: runs.filter(({ until }) => until === undefined) };
  switch (schedule.overlap) {
    case 'skip':
      return decideSkipping(due);
    case 'queue':
      return decideQueueing(due);
    case 'cancel':
      return decideCancelling(due);
    default:
      return assertNever(schedule.overlap);
  }
}

/** From when on there is something to decide about a schedule, in ms since the epoch; undefined where there never will be. */
export function dueAt(schedule: DueSchedule, now: number): number | undefined {
  return schedule.done_until - now > wrongClockMs ? now : startAfter(schedule, schedule.done_until);
}

interface Due {
  readonly schedule: DueSchedule;
  readonly runs: readonly RunSpan[];
  readonly now: number;
  /** The oldest start that is due. */
  readonly first: number;
  readonly going: readonly RunSpan[];
}

/** All that came while a run went on are left out at once. */
function decideSkipping(due: Due): Decision {
  const { first, now } = due;
  const around = runAround(due, first);
  return around === undefined
    ? decideMissed(due)
    : { kind: 'pass', to: Math.max(first, Math.min(now, around.until ?? now)), why: 'overlap' };
}

/** The first that came while a run went on waits for its end, however long; the others are left out. */
function decideQueueing(due: Due): Decision {
  const { first, now } = due;
  const around = runAround(due, first);
  if (around === undefined) return decideMissed(due);
  if (due.going.length > 0) return { kind: 'wait', cancel: [] };
  return { kind: 'start', at: first, to: Math.max(first, Math.min(now, around.until ?? now)) };
}

/** The last that came while a run went on takes its place, and that of all starts before it. */
function decideCancelling(due: Due): Decision {
  const { schedule, runs, now, going } = due;
  for (const { from, until } of runs.toSorted((one, other) => other.from - one.from)) {
    const span = { after: Math.max(schedule.done_until, from), until: Math.min(now, until ?? now) };
    const latest = span.until > span.after ? lastStart(schedule, span) : undefined;
    if (latest === undefined) continue;
    if (going.length > 0) return { kind: 'wait', cancel: going.map(({ run }) => run) };
    return { kind: 'start', at: latest, to: latest };
  }
  return decideMissed(due);
}

/** The start came in time, or was missed. */
function decideMissed({ schedule, runs, now, first, going }: Due): Decision {
  const oldest = now - Math.max(schedule.catch_up_ms, inTimeMs);
  if (first < oldest) {
    // Not beyond where a run begins: what came while it went on is decided by `overlap`.
    const begins = runs.map(({ from }) => from).filter((from) => from >= first);
    return { kind: 'pass', to: Math.max(first, Math.min(oldest - 1, ...begins)), why: 'too old' };
  }
  return going.length > 0 ? { kind: 'wait', cancel: [] } : { kind: 'start', at: first, to: first };
}

/** The run that was going on at a time. One that began right then hadn't begun before. */
function runAround({ runs }: Due, time: number): RunSpan | undefined {
  return runs.find(({ from, until }) => from < time && (until === undefined || time <= until));
}
