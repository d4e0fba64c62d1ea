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
