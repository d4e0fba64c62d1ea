import type { Plan, PlannedJob, PlannedStep } from '../../schemas/index.ts';
import { plainLine } from './text.ts';

/** The job of the plan that a key of the run means; a matrix cell's key is its job's id, a space and the cell. */
export function plannedJob(plan: Plan, key: string): PlannedJob | undefined {
  return plan.jobs.find(({ id }) => id === key || key.startsWith(`${id} (`));
}

/** The step of the plan that the keys of a job and a step mean. */
export function plannedStep(plan: Plan, job: string, step: string): PlannedStep | undefined {
  return plannedJob(plan, job)?.steps.find(({ key }) => key === step);
}

/** A step's name where the file says one that needs no run to be known. */
export function literalName(step: PlannedStep | undefined): string | undefined {
  return step?.name?.kind === 'literal' && typeof step.name.value === 'string' ? plainLine(step.name.value) : undefined;
}

/** Sorts by where a key stands in `order`; unknown ones come last, in the order in which they are. */
export function inOrder<Value>(
  entries: readonly (readonly [string, Value])[],
  order: readonly string[],
): readonly (readonly [string, Value])[] {
  const position = new Map(order.map((key, index) => [key, index]));
  const rank = (key: string): number => position.get(key) ?? order.length;
  return entries.toSorted(([one], [other]) => rank(one) - rank(other));
}
