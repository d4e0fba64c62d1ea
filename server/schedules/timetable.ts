import type { ScheduleRow } from '../../storage/records/port.ts';
import { dueAt } from './decide.ts';

/** When there is something to decide about which schedule. Times are ms since the epoch. */
export interface Timetable {
  /** These are all schedules there are. */
  replace(schedules: readonly ScheduleRow[], now: number): void;
  /** A schedule as it is now. */
  set(schedule: ScheduleRow, now: number): void;
  remove(id: string): void;
  /** A start of it can't be carried out yet: it is looked at again soon, and less often the longer that takes. */
  wait(id: string, now: number): void;
  /** Those that are due, the longest first. */
  due(now: number): readonly string[];
  /** Milliseconds until one is due, at most so many. */
  rest(now: number, most: number): number;
}

interface Entry {
  /** What `start` was computed of. */
  readonly key: string;
  readonly start: number;
  readonly hold?: { readonly since: number; readonly until: number };
}

const shortestHoldMs = 250;
const longestHoldMs = 5_000;

/** An empty one. A cron expression is read only when its schedule has changed or moved on. */
export function createTimetable(): Timetable {
  const entries = new Map<string, Entry>();

  const set = (schedule: ScheduleRow, now: number): void => {
    if (schedule.paused) {
      entries.delete(schedule.id);
      return;
    }
    const key = [schedule.cron, schedule.timezone, schedule.done_until].join('|');
    const known = entries.get(schedule.id);
    if (known?.key !== key) {
      entries.set(schedule.id, { key, start: startOf(schedule, now) });
      return;
    }
    // Only where the clock was set back, the same schedule may be due at another time, or be held for longer than it was to be.
    const start = schedule.done_until > now ? startOf(schedule, now) : known.start;
    const isHeld = known.hold !== undefined && known.hold.until - now <= longestHoldMs;
    entries.set(schedule.id, { key, start, ...(isHeld ? { hold: known.hold } : {}) });
  };

  return {
    set,
    replace: (schedules, now) => {
      const ids = new Set(schedules.map(({ id }) => id));
      for (const id of entries.keys()) if (!ids.has(id)) entries.delete(id);
      for (const schedule of schedules) set(schedule, now);
    },
    remove: (id) => {
      entries.delete(id);
    },
    wait: (id, now) => {
      const entry = entries.get(id);
      if (entry === undefined) return;
      const since = Math.min(entry.hold?.since ?? now, now);
      const pause = Math.min(longestHoldMs, Math.max(shortestHoldMs, (now - since) / 4));
      entries.set(id, { ...entry, hold: { since, until: now + pause } });
    },
    due: (now) =>
      [...entries]
        .filter(([, entry]) => lookAt(entry) <= now)
        .toSorted(([, one], [, other]) => lookAt(one) - lookAt(other))
        .map(([id]) => id),
    rest: (now, most) => {
      const times = Array.from(entries.values(), (entry) => lookAt(entry) - now);
      return times.reduce((least, time) => Math.max(0, Math.min(least, time)), most);
    },
  };
}

function startOf(schedule: ScheduleRow, now: number): number {
  return dueAt(schedule, now) ?? Number.POSITIVE_INFINITY;
}

function lookAt({ start, hold }: Entry): number {
  return Math.max(start, hold?.until ?? start);
}
