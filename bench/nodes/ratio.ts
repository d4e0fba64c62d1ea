import type { Figure } from '../figure.ts';

/** The seconds of each round, of a node and of the tool that does the same, and how many times the tool's the node may take. */
export interface Rounds {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  readonly most: number;
}

/** Of each round the one by the other: what else the machine does hits both. `what` is `NODE to TOOL, SIZE`. */
export function ratio(what: string, { ours, theirs, most }: Rounds): Figure {
  return {
    what,
    unit: 'x',
    samples: ours.map((seconds, index) => seconds / (theirs[index] ?? Number.NaN)),
    floors: [{ what: what.split(',')[0]?.split(' to ')[1] ?? '', unit: 's', samples: theirs }],
    budgets: [{ statistic: 'p50', most }],
    note: `${ours.map((seconds) => seconds.toFixed(2)).join(', ')} s`,
  };
}
