import type { Plan } from '../../../../schemas/index.ts';
import { positionOf } from '../planned.ts';

const graphs = new WeakMap<Plan, readonly (readonly number[])[]>();

/** By position of a job the positions of those that need it directly, each once. */
export function dependentsOf(plan: Plan, position: number): readonly number[] {
  let graph = graphs.get(plan);
  if (graph === undefined) {
    const found = plan.jobs.map((): number[] => []);
    for (const [dependent, job] of plan.jobs.entries()) {
      for (const id of new Set(job.needs)) found[positionOf(plan, id)]?.push(dependent);
    }
    graph = found;
    graphs.set(plan, graph);
  }
  return graph[position] ?? [];
}

/** The positions of these jobs and of all that need one of them, directly or not. */
export function withDependents(plan: Plan, positions: Iterable<number>): ReadonlySet<number> {
  const found = new Set(positions);
  // A set is walked in the order of insertion, with what is added on the way.
  for (const position of found) {
    for (const dependent of dependentsOf(plan, position)) found.add(dependent);
  }
  return found;
}
