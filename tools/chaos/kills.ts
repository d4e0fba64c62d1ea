import { below, oneOf, type Random } from './random.ts';
import type { VictimKind } from './world.ts';

/** Where a run is to be disturbed. */
export interface KillPoint {
  readonly kind: VictimKind;
  /** From 0 up to 1: which of those there are. */
  readonly choice: number;
  /** After so many events of the run. */
  readonly afterEvents: number;
  /** And so much later, in ms. */
  readonly thenMs: number;
  /** How long the victim stays away, in ms. */
  readonly awayMs: number;
}

/** What came of it. */
export interface Kill {
  readonly kind: VictimKind;
  readonly name: string;
  /** The sequence of the last event that was told before. */
  readonly after: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly awayMs: number;
}

/** Of each run. */
const mostKills = 5;
/** Behind an event: within a step, or while the next one begins. */
const mostThenMs = 600;
const mostAwayMs = 1500;
/** So often a victim stays away for long. */
const longShare = 1 / 8;
/** An agent so long that it is lost (see `lostAfter` in run.ts), Temporal so long that it isn't. */
const longMs: Readonly<Record<VictimKind, number>> = { agent: 30_000, temporal: 7_000, server: 6_000, worker: 6_000 };
/** The last events of a run leave no time to kill anything. */
const reach = 0.95;

/** The points of one run, in order; `most` of them at most. `events`: how many a run has. */
export function drawKills(
  random: Random,
  options: { readonly kinds: readonly VictimKind[]; readonly events: number; readonly most: number },
): readonly KillPoint[] {
  const { kinds, events, most } = options;
  const count = Math.min(most, 1 + below(random, mostKills));
  const points = Array.from({ length: count }, (): KillPoint => {
    const kind = oneOf(random, kinds);
    const isLong = random() < longShare;
    return {
      kind,
      choice: random(),
      afterEvents: 1 + below(random, events * reach),
      thenMs: below(random, mostThenMs),
      awayMs: isLong ? longMs[kind] : below(random, mostAwayMs),
    };
  });
  return points.toSorted((one, other) => one.afterEvents - other.afterEvents);
}
