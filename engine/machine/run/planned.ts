import type { Plan, PlannedJob } from '../../../schemas/index.ts';

const positions = new WeakMap<Plan, ReadonlyMap<string, number>>();

/** Where a job stands in the plan's order, and so in a state's; undefined where the plan has none with this id. */
export function findPosition(plan: Plan, id: string): number | undefined {
  let known = positions.get(plan);
  if (known === undefined) {
    known = new Map(plan.jobs.map((job, index) => [job.id, index]));
    positions.set(plan, known);
  }
  return known.get(id);
}

/** Where a job stands in the plan's order. */
export function positionOf(plan: Plan, id: string): number {
  const position = findPosition(plan, id);
  if (position === undefined) throw new TypeError(`the plan has no job ${id}`);
  return position;
}

/** The job with this id. */
export function plannedJob(plan: Plan, id: string): PlannedJob {
  return jobAt(plan, positionOf(plan, id));
}

/** The job at this place of the plan's order. */
export function jobAt(plan: Plan, position: number): PlannedJob {
  const job = plan.jobs[position];
  if (job === undefined) throw new TypeError(`the plan has no job at ${position}`);
  return job;
}

/** The plan of a workflow that a job calls. The reader put it beside the root's. */
export function calledPlan(root: Plan, workflow: string): Plan {
  const plan = root.workflows?.[workflow];
  if (plan === undefined) throw new TypeError(`the plan has no workflow ${workflow}`);
  return plan;
}
