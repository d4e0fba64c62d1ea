import type { Outcome } from './case.ts';

/** What a worker is started with: it takes each `stride`th case from `first` up to `end`, which is exclusive. */
export interface WorkerTask {
  readonly seed: number;
  readonly first: number;
  readonly stride: number;
  readonly end: number;
  /** Holds, as two 32-bit integers, the number of the case at hand and a count that changes with each. */
  readonly progress: SharedArrayBuffer;
}

/** What a worker says now and then: what came of its cases since it last said so. */
export interface Tally {
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  readonly slowest: { readonly number: number; readonly ms: number };
  readonly findings: readonly FoundCase[];
}

/** A case in which something was found. */
export interface FoundCase {
  readonly number: number;
  /** The message of what was thrown, with the place where. */
  readonly problem: string;
}
