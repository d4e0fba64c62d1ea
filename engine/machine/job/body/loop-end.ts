import type { Loop, LoopDetail, LoopEnd } from '../sequence/sequence.ts';

/** How the iterations of a loop have ended so far; what is neither over nor in flight counts as skipped. */
export function endOfLoop({ items, counts, unsuccessful, flights }: Loop): LoopEnd {
  const { success, failure, cancelled } = counts;
  const skipped = items.length - success - failure - cancelled - flights.length;
  return { total: items.length, ...counts, skipped, unsuccessful };
}

/** The steps of iterations that a loop remembers, by iteration. */
export function detailsOf({ details }: Pick<Loop, 'details'>): readonly LoopDetail[] {
  return [...details.first, ...details.failed].sort((one, other) => one.index - other.index);
}
