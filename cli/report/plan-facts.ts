import { placeOfJob, plannedStep, stepOfKey } from '../../dsl/index.ts';
import type { Plan } from '../../schemas/index.ts';
import { literalName } from './names.ts';
import { iterationOf } from './nesting.ts';

/** What a display asks the plan, since notices don't say it. */
export interface PlanFacts {
  /** A step's name in the file, for one that never starts. */
  nameOf(job: string, step: string): string | undefined;
  /** The jobs that call the workflow which a job is in, from the outermost. */
  callersOf(job: string): readonly string[];
  /** True for the step of a loop after which an iteration is over. */
  endsIteration(job: string, step: string): boolean;
}

/** The facts of a plan. */
export function factsOf(plan: Plan): PlanFacts {
  return {
    nameOf: (job, step) => literalName(plannedStep(plan, job, step)),
    callersOf: (job) => placeOfJob(plan, job)?.callers ?? [],
    endsIteration(job, step) {
      const place = iterationOf(step);
      const planned = placeOfJob(plan, job)?.job;
      const loop = place && planned && stepOfKey(planned, place.loop);
      return loop?.body?.kind === 'for-each' && loop.body.steps.at(-1)?.key === place?.own;
    },
  };
}
