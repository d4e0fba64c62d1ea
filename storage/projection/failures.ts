import { type RunId, WaterflowFailure } from '../../schemas/index.ts';

/** It was never created, or has been removed. */
export function runNotFound(run: RunId): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_NOT_FOUND',
    message: `there is no run ${run}`,
    remedy: 'Check the run id. Runs that ended are kept for a time that the server is told, and then removed.',
  });
}

/** The id was given to another run, or to one that is being removed. */
export function otherRun(run: RunId): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_STATE',
    message: `there is another run ${run} already, or it is being removed`,
    remedy: 'Give a new run an id of its own.',
  });
}

/** Events are missing, before those that came or among those that were kept. */
export function eventsMissing(run: RunId, missing: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'JOURNAL_BROKEN',
    message: `of run ${run}, ${missing}`,
    remedy:
      "Nothing was changed. Restore the database from a backup, or rebuild the run's events from Temporal's history.",
  });
}
