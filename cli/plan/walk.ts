import type { JobOutline, StepOutline } from './api.ts';

/** A step of an outline with its place: `release / build/loop.test`. */
export interface PlacedStep {
  readonly place: string;
  readonly step: StepOutline;
}

/** All steps of jobs, those inside of steps and those of called workflows included. */
export function* stepsIn(jobs: readonly JobOutline[]): Generator<PlacedStep> {
  for (const job of jobs) {
    for (const step of job.steps.flatMap(withInner)) yield { place: `${job.key}/${step.key}`, step };
    yield* stepsIn(job.jobs ?? []);
  }
}

function withInner(step: StepOutline): readonly StepOutline[] {
  if (step.body === undefined) return [step];
  const inner = step.body.kind === 'if' ? [...step.body.then, ...step.body.else] : step.body.steps;
  return [step, ...inner.flatMap(withInner)];
}
