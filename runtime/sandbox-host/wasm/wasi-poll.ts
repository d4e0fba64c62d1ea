import type { TimeAndChance } from './time-and-chance.ts';

/** Sizes and places of WASI preview 1's `subscription` and `event`. */
const subscriptionBytes = 48;
const eventBytes = 32;
const kindAt = 8;
const timeoutAt = 24;
const flagsAt = 40;
const clockKind = 0;
const absoluteFlag = 1;

const nanosecondsPerMs = 1_000_000n;
/** A day: the longest that host.sleep takes. */
const longestSleepMs = 86_400_000;

/** Where a module's lists lie: its subscriptions, and room for as many events. */
export interface PollPlaces {
  readonly subscriptions: number;
  readonly events: number;
  readonly count: number;
}

/**
 * `poll_oneoff`: waits until the first of the clocks, by the host call sleep.for, and says which of them are due. Descriptors are ready at once:
 * there is nothing behind them to wait for. Gives the number of events.
 */
export function poll(
  data: DataView,
  { subscriptions, events, count }: PollPlaces,
  time: Pick<TimeAndChance, 'now' | 'slept'> & { sleep(ms: number): void },
): number {
  const all = Array.from({ length: count }, (_, index) =>
    waitOf(data, subscriptions + index * subscriptionBytes, time),
  );
  const least = all.reduce((shortest, { ms }) => Math.min(shortest, ms), longestSleepMs);
  // What is shorter than a host call needs no host call.
  if (least >= 1) {
    time.sleep(least);
    time.slept(least);
  }
  const due = all.filter(({ ms }) => ms <= least);
  for (const [index, { user, kind }] of due.entries()) {
    const event = events + index * eventBytes;
    for (let offset = 0; offset < eventBytes; offset += 8) data.setBigUint64(event + offset, 0n, true);
    data.setBigUint64(event, user, true);
    data.setUint8(event + 10, kind);
  }
  return due.length;
}

interface Wait {
  readonly user: bigint;
  readonly kind: number;
  /** Whole milliseconds from now on. */
  readonly ms: number;
}

function waitOf(data: DataView, at: number, time: Pick<TimeAndChance, 'now'>): Wait {
  const user = data.getBigUint64(at, true);
  const kind = data.getUint8(at + kindAt);
  if (kind !== clockKind) return { user, kind, ms: 0 };
  const timeout = data.getBigUint64(at + timeoutAt, true);
  const isAbsolute = (data.getUint16(at + flagsAt, true) & absoluteFlag) !== 0;
  // Both clocks are the one that {@link TimeAndChance} has.
  const ms = Number(timeout / nanosecondsPerMs) - (isAbsolute ? time.now() : 0);
  return { user, kind, ms: Math.min(Math.max(ms, 0), longestSleepMs) };
}
