import type { RunDetails } from '../../../api/types.ts';

/** How many jobs and steps of a run went otherwise than straight on, although it may have succeeded. */
export interface Oddities {
  /** They took more than one attempt. */
  readonly retried: number;
  readonly skipped: number;
  /** They failed and may. */
  readonly tolerated: number;
}

/** Counts them. A step that was skipped with its whole job doesn't count beside that. */
export function odditiesOf({ jobs }: Pick<RunDetails, 'jobs'>): Oddities {
  let [retried, skipped, tolerated] = [0, 0, 0];
  for (const job of Object.values(jobs)) {
    if (job.attempts > 1) retried += 1;
    if (job.status === 'skipped') {
      skipped += 1;
      continue;
    }
    for (const { attempts, status, outcome, conclusion } of Object.values(job.steps)) {
      if (attempts > 1) retried += 1;
      if ((outcome ?? status) === 'skipped') skipped += 1;
      if (outcome === 'failure' && conclusion === 'success') tolerated += 1;
    }
  }
  return { retried, skipped, tolerated };
}
