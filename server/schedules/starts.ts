import { nextStarts } from '../../dsl/index.ts';

/** When a schedule starts runs. */
export interface StartTimes {
  readonly cron: string;
  readonly timezone: string;
}

/** Between two starts there is at least a minute: nothing in a cron expression is finer. */
const leastDistanceMs = 60_000;

/** The next so many starts after a time, in ms since the epoch. That time itself is none of them. */
export function startsAfter(times: StartTimes, after: number, count: number): readonly number[] {
  return nextStarts(times, { after: new Date(after), count }).map((date) => date.getTime());
}

/** The first start after a time; undefined where there is none until the year 10000. */
export function startAfter(times: StartTimes, after: number): number | undefined {
  return startsAfter(times, after, 1)[0];
}

/** The last start that is after one time and not after another. Halves the span: a year of minutes takes some twenty looks. */
export function lastStart(
  times: StartTimes,
  span: { readonly after: number; readonly until: number },
): number | undefined {
  let latest = firstWithin(times, span);
  let bound = span.until;
  while (latest !== undefined && bound - latest > leastDistanceMs) {
    const middle = latest + Math.floor((bound - latest) / 2);
    const later = firstWithin(times, { after: middle, until: span.until });
    if (later === undefined) bound = middle;
    else latest = later;
  }
  // Less than two starts fit into what is left.
  return latest === undefined ? undefined : (firstWithin(times, { after: latest, until: span.until }) ?? latest);
}

function firstWithin(
  times: StartTimes,
  { after, until }: { readonly after: number; readonly until: number },
): number | undefined {
  const start = startAfter(times, after);
  return start !== undefined && start <= until ? start : undefined;
}
