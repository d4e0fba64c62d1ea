import type { ServerClock } from '../../parts.ts';

/** A clock that a test moves, or sets. */
export interface HandClock extends ServerClock {
  /** What was waiting for a time until then is called back, in order. Timers don't notice when a clock is only `set`. */
  advance(ms: number): void;
  set(now: number): void;
  /** The longest time that anything has waited for, in ms. */
  readonly longest: number;
}

/** A clock that shows a time, ms since the epoch, until it is moved. */
export function handClock(start: number): HandClock {
  let now = start;
  let passed = 0;
  let longest = 0;
  const waiting = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: () => now,
    after: (ms, callback) => {
      longest = Math.max(longest, ms);
      const entry = { at: passed + ms, callback };
      waiting.add(entry);
      return () => void waiting.delete(entry);
    },
    set: (time) => {
      now = time;
    },
    advance: (ms) => {
      now += ms;
      passed += ms;
      for (const entry of [...waiting].toSorted((one, other) => one.at - other.at)) {
        if (entry.at > passed || !waiting.delete(entry)) continue;
        entry.callback();
      }
    },
    get longest() {
      return longest;
    },
  };
}
