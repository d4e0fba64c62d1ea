import type { Plan, PlannedJob } from '../../../../schemas/index.ts';
import type { Status } from '../../conditions.ts';
import { positionOf } from '../planned.ts';
import type { SkipReason } from '../protocol.ts';
import { endOf, hasEnded, type JobNode, type Lineage } from '../state.ts';

/** So that what explains a skipped job stays small in a long chain. */
const mostCauses = 10;

/** The jobs of a workflow at one moment. */
export interface JobsSoFar {
  readonly plan: Plan;
  readonly jobs: readonly JobNode[];
  readonly cancelled: boolean;
}

/** The lineage of a job that ends now; undefined where it and all that it needs succeeded. */
export function lineageOf(
  job: PlannedJob,
  end: NonNullable<ReturnType<typeof endOf>>,
  so: Pick<JobsSoFar, 'plan' | 'jobs'>,
): Lineage | undefined {
  const before = lineageOfNeeds(job, so);
  if (end === 'success') return before;
  const failure = end === 'failure' || before?.failure === true;
  return { failure, causes: before === undefined ? [job.id] : before.causes };
}

/**
 * What the status functions of a job say. GitHub's rule goes over all jobs that it needs, directly or not: `success()` if each of
 * them succeeded (a skipped one hasn't), `failure()` if one failed. In a cancelled run only `cancelled()` holds.
 */
export function statusOf(job: PlannedJob, so: JobsSoFar): Status {
  if (so.cancelled) return { success: false, failure: false, cancelled: true };
  const before = lineageOfNeeds(job, so);
  return { success: before === undefined, failure: before?.failure === true, cancelled: false };
}

/** Jobs for which `success()` is false, and how they ended: those that are needed directly, and where it began. */
export function unsuccessfulNeeds(job: PlannedJob, so: JobsSoFar): SkipReason['read'] {
  const { plan, jobs, cancelled } = so;
  if (cancelled) return [{ path: 'cancelled()', value: true }];
  const direct = job.needs.filter((id) => endOf(nodeOf(plan, jobs, id)) !== 'success').slice(0, mostCauses);
  const ids = new Set([...direct, ...(lineageOfNeeds(job, so)?.causes ?? [])]);
  return [...ids]
    .sort((one, other) => positionOf(plan, one) - positionOf(plan, other))
    .map((id) => ({
      path: job.needs.includes(id) ? `needs.${id}.result` : `jobs.${id}.result`,
      value: endOf(nodeOf(plan, jobs, id)) ?? null,
    }));
}

/** The node of a job. */
export function nodeOf(plan: Plan, jobs: readonly JobNode[], id: string): JobNode {
  const node = jobs[positionOf(plan, id)];
  if (node === undefined) throw new TypeError(`the state has no job ${id}`);
  return node;
}

function lineageOfNeeds(job: PlannedJob, { plan, jobs }: Pick<JobsSoFar, 'plan' | 'jobs'>): Lineage | undefined {
  const found = job.needs.flatMap((id) => {
    const node = nodeOf(plan, jobs, id);
    return hasEnded(node) && node.lineage !== undefined ? [node.lineage] : [];
  });
  if (found.length === 0) return undefined;
  return {
    failure: found.some(({ failure }) => failure),
    causes: [...new Set(found.flatMap(({ causes }) => causes))].slice(0, mostCauses),
  };
}
