import type { Json, JsonObject, Plan, PlannedJob } from '../../../schemas/index.ts';
import type { Status } from '../conditions.ts';
import type { SkipReason } from './protocol.ts';
import { endOf, type JobNode, plannedJob, positionOf } from './state.ts';

/** The jobs of a run at one moment. */
export interface JobsSoFar {
  readonly plan: Plan;
  readonly jobs: readonly JobNode[];
  readonly cancelled: boolean;
}

/** True where every job that this one needs has ended. */
export function needsHaveEnded(job: PlannedJob, { plan, jobs }: JobsSoFar): boolean {
  return job.needs.every((id) => endOf(nodeOf(plan, jobs, id)) !== undefined);
}

/**
 * What the status functions of a job say. GitHub's rule goes over all jobs that it needs, directly or not: `success()` if each of
 * them succeeded (a skipped one hasn't), `failure()` if one failed. In a cancelled run only `cancelled()` holds.
 */
export function statusOf(job: PlannedJob, { plan, jobs, cancelled }: JobsSoFar): Status {
  if (cancelled) return { success: false, failure: false, cancelled: true };
  const ends = allNeeds(plan, job).map((id) => endOf(nodeOf(plan, jobs, id)));
  return { success: ends.every((end) => end === 'success'), failure: ends.includes('failure'), cancelled: false };
}

/** The jobs for which `success()` is false, and how they ended. */
export function unsuccessfulNeeds(job: PlannedJob, { plan, jobs, cancelled }: JobsSoFar): SkipReason['read'] {
  if (cancelled) return [{ path: 'cancelled()', value: true }];
  return allNeeds(plan, job).flatMap((id) => {
    const end = endOf(nodeOf(plan, jobs, id));
    if (end === undefined || end === 'success') return [];
    return [{ path: job.needs.includes(id) ? `needs.${id}.result` : `jobs.${id}.result`, value: end }];
  });
}

/** The `needs` context: of each job that is needed directly its result and outputs. */
export function needsContext(job: PlannedJob, { plan, jobs }: Pick<JobsSoFar, 'plan' | 'jobs'>): JsonObject {
  return Object.fromEntries(
    job.needs.map((id) => {
      const node = nodeOf(plan, jobs, id);
      return [id, { result: endOf(node) ?? null, outputs: node.state === 'ended' ? node.outputs : {} }];
    }),
  );
}

/** Outputs of one more cell over those before it: a later value wins unless it is empty. */
export function mergeOutputs(earlier: JsonObject, later: JsonObject): JsonObject {
  const news = Object.entries(later).filter(([name, value]) => !isEmpty(value) || !Object.hasOwn(earlier, name));
  return news.length === 0 ? earlier : { ...earlier, ...Object.fromEntries(news) };
}

function isEmpty(value: Json): boolean {
  return value === null || value === '';
}

function nodeOf(plan: Plan, jobs: readonly JobNode[], id: string): JobNode {
  const node = jobs[positionOf(plan, id)];
  if (node === undefined) throw new TypeError(`the state has no job ${id}`);
  return node;
}

const closures = new WeakMap<PlannedJob, readonly string[]>();

/** The ids of all jobs that a job needs, directly or not, in the plan's order. */
function allNeeds(plan: Plan, job: PlannedJob): readonly string[] {
  const known = closures.get(job);
  if (known !== undefined) return known;
  const found = new Set<string>();
  const open = [...job.needs];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...plannedJob(plan, id).needs);
  }
  const ordered = [...found].sort((one, other) => positionOf(plan, one) - positionOf(plan, other));
  closures.set(job, ordered);
  return ordered;
}
