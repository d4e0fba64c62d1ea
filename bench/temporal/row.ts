import type { Bench } from '../figure.ts';
import { type Statistic, statisticOf } from '../statistics.ts';

/** What a row works with. */
export interface RowBench extends Bench {
  /** Fewer samples, for a look. */
  readonly short: boolean;
}

/** What was measured, beside what somebody writes by hand for the same work in the same minutes. */
export interface Comparison {
  readonly what: string;
  readonly unit: 'ms' | 's' | 'MB' | 'KB' | 'x' | 'a second';
  readonly waterflow: readonly number[];
  readonly byHand?: { readonly what: string; readonly samples: readonly number[] };
  /** Of all samples; default: the median. */
  readonly statistic?: Statistic;
  /** Absent where it only explains another one. */
  readonly budget?: Budget;
  readonly note?: string;
}

/** What a statistic has to be, in the comparison's unit. */
export type Budget = { readonly text: string } & ({ readonly most: number } | { readonly least: number });

/** One row of the budgets. */
export type Row = (bench: RowBench) => Promise<readonly Comparison[]>;

/** What came of it. */
export interface Judged {
  readonly waterflow: number;
  readonly byHand?: number;
  readonly ratio?: number;
  /** Absent where there is no budget. */
  readonly kept?: boolean;
}

/** Judges a comparison by its statistic. */
export function judge({ waterflow, byHand, statistic = 'p50', budget }: Comparison): Judged {
  const measured = statisticOf(waterflow, statistic);
  const floor = byHand === undefined ? undefined : statisticOf(byHand.samples, statistic);
  return {
    waterflow: measured,
    ...(floor === undefined ? {} : { byHand: floor, ratio: measured / floor }),
    ...(budget === undefined ? {} : { kept: 'most' in budget ? measured <= budget.most : measured >= budget.least }),
  };
}
