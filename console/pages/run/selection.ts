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

/** What is selected in a run: by the address, or else what somebody most likely wants to see. */
export interface Selected {
  readonly job: KeyedJob | undefined;
  readonly step: KeyedStep | undefined;
  /** What the address names and the run doesn't have. */
  readonly missing: Wanted | undefined;
  /** Where the run has gone on while what is selected is over. */
  readonly ahead: { readonly job: KeyedJob; readonly step: KeyedStep | undefined } | undefined;
}

/** Keys of a job and of a step of it. */
export interface Wanted {
  readonly job: string | null;
  readonly step: string | null;
}

/**
 * Selects a job and a step. What isn't in the address is chosen once, when there is something to choose from, and kept: whoever reads a log
 * isn't taken elsewhere because the run goes on.
 */
export class Selection {
  #job: string | undefined;
  readonly #steps = new Map<string, string>();

  of(jobs: readonly KeyedJob[], wanted: Wanted): Selected {
    const named = jobs.find(({ key }) => key === wanted.job);
    const job = named ?? this.#chooseJob(jobs);
    if (job === undefined) return { job, step: undefined, missing: undefined, ahead: undefined };
    const steps = stepsOf(job.job);
    const isElsewhere = wanted.job !== null && named === undefined;
    const namedStep = isElsewhere ? undefined : steps.find(({ key }) => key === wanted.step);
    const step = namedStep ?? this.#chooseStep(job.key, steps);
    const isMissing = isElsewhere || (wanted.step !== null && namedStep === undefined);
    return { job, step, missing: isMissing ? wanted : undefined, ahead: aheadOf(jobs, job, step) };
  }

  #chooseJob(jobs: readonly KeyedJob[]): KeyedJob | undefined {
    const job = jobs.find(({ key }) => key === this.#job) ?? likelyJob(jobs);
    if (jobs.some(hasBegun)) this.#job = job?.key;
    return job;
  }

  #chooseStep(job: string, steps: readonly KeyedStep[]): KeyedStep | undefined {
    const step = steps.find(({ key }) => key === this.#steps.get(job)) ?? likelyStep(steps);
    if (step !== undefined && steps.some((one) => one.step.status !== 'pending')) this.#steps.set(job, step.key);
    return step;
  }
}

/** What failed, else what goes on, else what comes first. */
function likelyJob(jobs: readonly KeyedJob[]): KeyedJob | undefined {
  return (
    // A job that calls a workflow fails by one of that.
    jobs.findLast(({ job }) => job.status === 'failure' && stepsOf(job).length > 0) ??
    jobs.find(({ job }) => job.status === 'failure') ??
    busyJob(jobs) ??
    jobs[0]
  );
}

/** The same among the steps of a job. */
function likelyStep(steps: readonly KeyedStep[]): KeyedStep | undefined {
  return (
    steps.findLast(({ step }) => step.conclusion === 'failure') ??
    busyStep(steps) ??
    steps.find(({ step }) => step.status !== 'skipped' && step.status !== 'pending') ??
    steps[0]
  );
}

function aheadOf(jobs: readonly KeyedJob[], job: KeyedJob, step: KeyedStep | undefined): Selected['ahead'] {
  if (isOver(job.job.status)) {
    const other = busyJob(jobs);
    return other === undefined ? undefined : { job: other, step: undefined };
  }
  if (step === undefined || !isOver(step.step.status)) return undefined;
  const other = busyStep(stepsOf(job.job));
  return other === undefined ? undefined : { job, step: other };
}

function busyJob(jobs: readonly KeyedJob[]): KeyedJob | undefined {
  return jobs.find(({ job }) => isBusy(job.status) && stepsOf(job).length > 0);
}

function busyStep(steps: readonly KeyedStep[]): KeyedStep | undefined {
  return steps.findLast(({ step }) => isBusy(step.status));
}

/** A job has steps once it begins. */
function hasBegun({ job }: KeyedJob): boolean {
  return isOver(job.status) || stepsOf(job).length > 0;
}

function isBusy(status: string): boolean {
  return ['running', 'waiting', 'retrying', 'blocked', 'paused'].includes(status);
}

function isOver(status: string): boolean {
  return ['success', 'failure', 'cancelled', 'skipped'].includes(status);
}
