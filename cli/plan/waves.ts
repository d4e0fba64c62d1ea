import type { Plan, PlannedJob } from '../../schemas/index.ts';

/** The wave of each job, from 1: one more than that of the last that it needs. The plan has no cycles. */
export function wavesOf(plan: Plan): ReadonlyMap<string, number> {
  const waves = new Map<string, number>();
  const left = new Map(plan.jobs.map((job) => [job.id, job.needs.length]));
  const dependants = new Map<string, PlannedJob[]>();
  for (const job of plan.jobs) {
    for (const need of job.needs) {
      const known = dependants.get(need);
      if (known === undefined) dependants.set(need, [job]);
      else known.push(job);
    }
  }
  // An array's iterator also visits what is appended while it runs.
  const ready = plan.jobs.filter(({ needs }) => needs.length === 0);
  for (const { id, needs } of ready) {
    waves.set(id, 1 + Math.max(0, ...needs.map((need) => waves.get(need) ?? 0)));
    for (const dependant of dependants.get(id) ?? []) {
      const count = (left.get(dependant.id) ?? 0) - 1;
      left.set(dependant.id, count);
      if (count === 0) ready.push(dependant);
    }
  }
  return waves;
}
