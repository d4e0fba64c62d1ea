import { Cron } from 'croner';
import type { PlannedSchedule } from '../../schemas/index.ts';

/** A span of time, from which the next starts are wanted. `after` itself is not one of them. */
export interface StartsWanted {
  readonly after: Date;
  readonly count: number;
}

/**
 * When a schedule starts a run next, in order; fewer than wanted where it doesn't fire as often until the year 10000. Where both days of
 * the month and days of the week are given, a day of either counts. A time of day that a change of the clocks skips is made up for at the end of the
 * gap, and one that comes twice counts once; where minutes or hours are `*` or a step, each time that the clock shows counts.
 */
export function nextStarts(
  { cron, timezone }: Pick<PlannedSchedule, 'cron' | 'timezone'>,
  { after, count }: StartsWanted,
): readonly Date[] {
  return cronOf(cron, timezone).nextRuns(count, after);
}

/** False where the five fields name a day that no year has: the 31st of February. */
export function everStarts(cron: string): boolean {
  // Whether it does can't depend on when one asks, as leap years go on.
  return cronOf(cron, 'UTC').nextRun('2000-01-01T00:00:00') !== null;
}

/** Without a function to call, croner computes and starts no timer. */
function cronOf(cron: string, timezone: string): Cron {
  return new Cron(cron, { mode: '5-part', timezone, fixedTimeRule: 'no-wildcard' });
}
