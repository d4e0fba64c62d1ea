import type { RunId } from '../../schemas/index.ts';

/**
 * An engine that several servers hand runs to, and whose runs go on without them. What lists show of its runs is written beside the engine,
 * by whichever worker knows it first: a server starts runs, and writes nothing of how they go on.
 */
export interface SharedEngine {
  /** Writes to a run's row what the engine knows of the run, where it knows anything. */
  readonly refresh: (run: RunId) => Promise<void>;
}
