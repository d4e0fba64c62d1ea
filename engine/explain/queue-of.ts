import { plannedJob } from '../../dsl/index.ts';
import type { RunDetails } from '../port.ts';

/** The queue of a job, where the file says it without an expression. */
export function queueOf({ plan }: RunDetails, job: string): string | undefined {
  const queue = plannedJob(plan, job)?.runs_on;
  return queue?.kind === 'literal' && typeof queue.value === 'string' ? queue.value : undefined;
}
