import type { RunId } from '../../schemas/index.ts';

/**
 * An engine that several servers hand runs to, and whose runs go on without them. What lists show of its runs is written beside the engine,
 * by whichever worker knows it first: a server starts runs, and writes nothing of how they go on.
 */
export interface SharedEngine {
  /** Writes to a run's row what the engine knows of the run, where it knows anything. */
  readonly refresh: (run: RunId) => Promise<void>;
  /**
   * Given all runs that go on by their rows, ends those that somebody ended elsewhere, without a word to anybody, and gives them; `unknown` are those of
   * which nothing is known there. Several servers may do so at once.
   */
  readonly endLost: (
    runs: readonly RunId[],
  ) => Promise<{ readonly ended: readonly RunId[]; readonly unknown: readonly RunId[] }>;
  /** Ends such a run at once, also where nothing is known of it; false where it is none. */
  readonly endGone: (run: RunId) => Promise<boolean>;
}
