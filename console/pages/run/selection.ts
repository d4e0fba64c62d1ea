import type { RunDetails, RunJob, RunStep } from '../../api/types.ts';

/** A job, by its key. */
export interface KeyedJob {
  readonly key: string;
  readonly job: RunJob;
}

/** A step of a job, by its key. */
export interface KeyedStep {
  readonly key: string;
  readonly step: RunStep;
}

/** The jobs of a run in their order: that of keys in JSON means nothing. */
export function jobsOf({ jobs }: Pick<RunDetails, 'jobs'>): readonly KeyedJob[] {
  return Object.entries(jobs)
    .map(([key, job]) => ({ key, job }))
    .toSorted((one, other) => one.job.index - other.job.index);
}

/** The steps of a job in their order. */
export function stepsOf({ steps }: Pick<RunJob, 'steps'>): readonly KeyedStep[] {
  return Object.entries(steps)
    .map(([key, step]) => ({ key, step }))
    .toSorted((one, other) => one.step.index - other.step.index);
}

/** How a step went: where it failed and its job went on, that it failed. */
export function statusOfStep({ outcome, status }: RunStep): string {
  return outcome ?? status;
}

/** What somebody most likely wants to see: what failed, else what goes on, else what comes first. */
export function chosenJob(jobs: readonly KeyedJob[], wanted: string | null): KeyedJob | undefined {
  return (
    jobs.find(({ key }) => key === wanted) ??
    // A job that calls a workflow fails by one of that.
    jobs.findLast(({ job }) => job.status === 'failure' && stepsOf(job).length > 0) ??
    jobs.find(({ job }) => job.status === 'failure') ??
    jobs.find(({ job }) => isBusy(job.status) && stepsOf(job).length > 0) ??
    jobs[0]
  );
}

/** The same among the steps of a job. */
export function chosenStep(steps: readonly KeyedStep[], wanted: string | null): KeyedStep | undefined {
  return (
    steps.find(({ key }) => key === wanted) ??
    steps.findLast(({ step }) => step.conclusion === 'failure') ??
    steps.findLast(({ step }) => isBusy(step.status)) ??
    steps.find(({ step }) => step.status !== 'skipped' && step.status !== 'pending') ??
    steps[0]
  );
}

function isBusy(status: string): boolean {
  return ['running', 'waiting', 'retrying', 'blocked', 'paused'].includes(status);
}
