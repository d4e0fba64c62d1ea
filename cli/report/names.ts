import { compareStepKeys, stepOfKey } from '../../dsl/index.ts';
import type { Plan, PlannedJob, PlannedStep } from '../../schemas/index.ts';
import { plainLine } from './text.ts';

/** The job of the plan that a key of the run means; a matrix cell's key is its job's id, a space and the cell. */
export function plannedJob(plan: Plan, key: string): PlannedJob | undefined {
  return plan.jobs.find(({ id }) => id === key || key.startsWith(`${id} (`));
}

/** The step of the plan that the keys of a job and a step mean. */
export function plannedStep(plan: Plan, job: string, step: string): PlannedStep | undefined {
  const planned = plannedJob(plan, job);
  return planned === undefined ? undefined : stepOfKey(planned, step);
}

/** A step's name where the file says one that needs no run to be known. */
export function literalName(step: PlannedStep | undefined): string | undefined {
  return step?.name?.kind === 'literal' && typeof step.name.value === 'string' ? plainLine(step.name.value) : undefined;
}

/** Sorts steps of a run as the file and their iterations say; unknown ones come last. */
export function inOrder<Value>(
  steps: readonly (readonly [key: string, Value])[],
  job: PlannedJob | undefined,
): readonly (readonly [key: string, Value])[] {
  if (job === undefined) return steps;
  const compare = compareStepKeys(job);
  return steps.toSorted(([one], [other]) => compare(one, other));
}
