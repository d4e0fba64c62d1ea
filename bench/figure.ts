import { type Statistic, statisticOf } from './statistics.ts';

/** One thing that was measured, beside the floor that was measured in the same minutes. */
export interface Figure {
  readonly what: string;
  /** `x` is a ratio. */
  readonly unit: 'ms' | 's' | 'x' | 'MiB';
  /** In the order in which they were taken. */
  readonly samples: readonly number[];
  /** What this machine takes at least for a bare part of the same work; the first one stands beside the figure. */
  readonly floors: readonly Floor[];
  /** Empty where the figure only explains another one. */
  readonly budgets: readonly Budget[];
  readonly note?: string;
}

/** A figure, and how busy the machine was when it had been taken: a tail is often that. */
export interface MeasuredFigure extends Figure {
  readonly load: string;
}

/** A bare part of the work, without Waterflow. */
export interface Floor {
  readonly what: string;
  readonly unit: Figure['unit'];
  readonly samples: readonly number[];
}

/** The most that a statistic of the samples may be, in the figure's unit. */
export interface Budget {
  readonly statistic: Statistic;
  readonly most: number;
}

/** A budget, and what was measured against it. */
export interface Verdict extends Budget {
  readonly measured: number;
  readonly kept: boolean;
}

/** What came of each of a figure's budgets. */
export function verdictsOf({ samples, budgets }: Figure): readonly Verdict[] {
  return budgets.map((budget) => {
    const measured = statisticOf(samples, budget.statistic);
    return { ...budget, measured, kept: measured <= budget.most };
  });
}

/** What a measurement works with. */
export interface Bench {
  /** An empty folder of this measurement's own, removed at the end. */
  readonly scratch: string;
  /** Tells, on stderr, how far it is. */
  readonly progress: (text: string) => void;
}

/** A measurement: everything through the real product, and the floors between its samples. */
export type Measurement = (bench: Bench) => Promise<readonly Figure[]>;
