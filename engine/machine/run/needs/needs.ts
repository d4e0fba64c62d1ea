import type { Json, JsonObject, Plan, PlannedJob } from '../../../../schemas/index.ts';
import { plannedJob } from '../planned.ts';
import { cellsOf, endOf, type JobNode } from '../state.ts';
import { type JobsSoFar, nodeOf } from './lineage.ts';

/** The `needs` context: of each job that is needed directly its result and outputs, of a fleet also those of its hosts. */
export function needsContext(job: PlannedJob, { plan, jobs }: Pick<JobsSoFar, 'plan' | 'jobs'>): JsonObject {
  return Object.fromEntries(job.needs.map((id) => [id, resultOf(plannedJob(plan, id), nodeOf(plan, jobs, id))]));
}

/** The `jobs` context of the outputs of a called workflow, for all jobs of it. */
export function jobsContext(plan: Plan, jobs: readonly JobNode[]): JsonObject {
  return Object.fromEntries(plan.jobs.map((job) => [job.id, resultOf(job, nodeOf(plan, jobs, job.id))]));
}

/** Outputs of one more cell over those before it: a later value wins unless it is empty. */
export function mergeOutputs(earlier: JsonObject, later: JsonObject): JsonObject {
  const news = Object.entries(later).filter(([name, value]) => !isEmpty(value) || !Object.hasOwn(earlier, name));
  return news.length === 0 ? earlier : { ...earlier, ...Object.fromEntries(news) };
}

function resultOf({ fleet }: PlannedJob, node: JobNode): JsonObject {
  const result = { result: endOf(node) ?? null, outputs: node.state === 'ended' ? node.outputs : {} };
  if (fleet === undefined) return result;
  const hosts = cellsOf(node).flatMap(({ host, stage }): [string, JsonObject][] =>
    host === undefined || stage.state !== 'ended'
      ? []
      : [[host, { result: stage.result.status, outputs: stage.result.outputs }]],
  );
  return { ...result, hosts: Object.fromEntries(hosts) };
}

function isEmpty(value: Json): boolean {
  return value === null || value === '';
}
