import { compareStepKeys } from '../../dsl/index.ts';
import type { PlannedJob, PlannedStep } from '../../schemas/index.ts';
import { plainLine } from './text.ts';

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
