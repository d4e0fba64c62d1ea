import type { Plan, PlannedJob } from '../schemas/index.ts';

/** A workflow and all that it calls, directly or not, each once. */
export function allPlans(plan: Plan): readonly Plan[] {
  return [plan, ...Object.values(plan.workflows ?? {})];
}

/** A job, wherever it stands. */
export interface CalledJob {
  /** As a run names it, without cells and hosts: `build`, in a called workflow `release / build`. */
  readonly key: string;
  readonly job: PlannedJob;
  /** The workflow that it stands in. */
  readonly plan: Plan;
  /** The jobs that call that workflow, from the outermost. */
  readonly callers: readonly CalledJob[];
}

/** All jobs of a workflow, those of the workflows that it calls after each call. The reader bounds how many there are. */
export function* allJobs(plan: Plan): Generator<CalledJob> {
  yield* walk(plan, plan.workflows ?? {}, []);
}

function* walk(
  plan: Plan,
  workflows: Readonly<Record<string, Plan>>,
  callers: readonly CalledJob[],
): Generator<CalledJob> {
  const prefix = callers.map(({ job }) => `${job.id} / `).join('');
  for (const job of plan.jobs) {
    const called = { key: `${prefix}${job.id}`, job, plan, callers };
    yield called;
    const inner = job.calls === undefined ? undefined : workflows[job.calls.workflow];
    if (inner !== undefined) yield* walk(inner, workflows, [...callers, called]);
  }
}

/** The job that a run's key means: `build`, a cell `build (linux, 24)`, a host `deploy @web-3`, or below a call `release (eu) / build`. */
export function jobOfKey(plan: Plan, key: string): PlannedJob | undefined {
  return find(plan, plan.workflows ?? {}, key);
}

function find(plan: Plan, workflows: Readonly<Record<string, Plan>>, key: string): PlannedJob | undefined {
  // Ids hold no spaces.
  const end = key.indexOf(' ');
  const id = end === -1 ? key : key.slice(0, end);
  const job = plan.jobs.find((candidate) => candidate.id === id);
  const inner = job?.calls === undefined ? undefined : workflows[job.calls.workflow];
  if (job === undefined || inner === undefined) return job;
  // A value of a matrix may hold what stands between the two, too.
  for (let at = key.indexOf(separator); at !== -1; at = key.indexOf(separator, at + 1)) {
    const isCell = at === id.length || key.charAt(at - 1) === ')';
    const found = isCell ? find(inner, workflows, key.slice(at + separator.length)) : undefined;
    if (found !== undefined) return found;
  }
  return job;
}

const separator = ' / ';
