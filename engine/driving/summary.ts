import { assertNever, type JobKey, type WaterflowError } from '../../schemas/index.ts';
import type { RunStore } from '../../storage/index.ts';
import { type JobView, jobProgress, jobViews, type StepView, startJob, stepViews } from '../machine/index.ts';
import type { JobSummary, RunSummary, StepSummary } from '../port.ts';
import { killedError } from './failures.ts';
import type { Machines } from './machines.ts';

/** How many lines of its log a failed step shows. */
const lastLines = 20;

/** Where a summary comes from. `killedAt`: the run was killed then, and whatever hadn't ended ends so (ms since the epoch). */
export interface SummarySources {
  readonly machines: Machines;
  readonly store: Pick<RunStore, 'run' | 'tail'>;
  readonly killedAt: number | undefined;
  /** What broke it, where that ended it rather than somebody. */
  readonly brokenBy?: WaterflowError | undefined;
}

/** The end of a run that is over or was killed. */
export function summarize(sources: SummarySources): RunSummary {
  const { machines, store, killedAt, brokenBy } = sources;
  const { run, plan } = machines;
  if (run.state === 'created') throw new TypeError('a run that never began has no summary');
  const jobs = jobViews(plan, run).map((view) => [view.key, summarizeJob(view, sources)] as const);
  const ended = run.state === 'ended' ? run : undefined;
  const error = ended === undefined ? brokenBy : ended.error;
  return {
    run: store.run,
    name: machines.name,
    attempt: machines.attempt,
    status: ended?.status ?? (brokenBy === undefined ? 'cancelled' : 'failure'),
    duration_ms: (ended?.ended_at ?? killedAt ?? run.started_at) - run.started_at,
    ...(error === undefined ? {} : { error }),
    jobs: Object.fromEntries(jobs),
  };
}

/** A step that is over, as notices and summaries tell it. */
export function summarizeStep(job: JobKey, view: StepView, store: Pick<RunStore, 'tail'>): StepSummary {
  const { outcome = 'skipped', conclusion = 'skipped', attempts, outputs, host_calls, skip_reason, error } = view;
  const { reused, iterations } = view;
  return {
    status: conclusion,
    outcome,
    conclusion,
    attempts,
    duration_ms: durationOf(view),
    outputs,
    ...(reused === true ? { reused } : {}),
    ...(iterations === undefined ? {} : { iterations }),
    ...(skip_reason === undefined ? {} : { skip_reason }),
    ...(error === undefined ? {} : { error }),
    host_calls,
    ...(outcome === 'failure' && attempts > 0 ? { last_lines: linesOf(job, view, store) } : {}),
  };
}

function summarizeJob(view: JobView, { machines, store, killedAt }: SummarySources): JobSummary {
  const state = machines.job(view.key) ?? startJob(machines.plan, view);
  const { outputs, skip_reason, reused, environment } = view;
  const end = jobEnd(view);
  const error = view.error ?? (end.killed ? killedError : undefined);
  const steps = stepViews(machines.plan, state).map((step) => endedStep(step, killedAt));
  return {
    status: end.status,
    attempts: end.killed ? jobProgress(state).attempt : view.attempts,
    duration_ms: durationOf({ ...view, ended_at: view.ended_at ?? killedAt }),
    outputs,
    ...(reused === true ? { reused } : {}),
    ...(environment === undefined ? {} : { environment }),
    ...(skip_reason === undefined ? {} : { skip_reason }),
    ...(error === undefined ? {} : { error }),
    steps: Object.fromEntries(steps.map((step) => [step.key, summarizeStep(view.key, step, store)])),
  };
}

function jobEnd(view: JobView): Pick<JobSummary, 'status'> & { readonly killed: boolean } {
  switch (view.status) {
    case 'waiting':
    case 'queued':
    case 'running':
      return { status: 'cancelled', killed: true };
    case 'success':
    case 'failure':
    case 'cancelled':
    case 'skipped':
      return { status: view.status, killed: false };
    default:
      return assertNever(view.status);
  }
}

/** A step of a run that is over: what the kill cut short was cancelled, what never ran was skipped. */
function endedStep(view: StepView, killedAt: number | undefined): StepView {
  switch (view.status) {
    case 'running':
    case 'waiting':
    case 'retrying': {
      const end = { status: 'cancelled', outcome: 'cancelled', conclusion: 'cancelled' } as const;
      return { ...view, ...end, error: killedError, ...(killedAt === undefined ? {} : { ended_at: killedAt }) };
    }
    case 'pending':
    case 'success':
    case 'failure':
    case 'cancelled':
    case 'skipped':
      return view;
    default:
      return assertNever(view.status);
  }
}

/** The last lines of a step's log. */
export function linesOf(job: JobKey, view: StepView, logs: Pick<RunStore, 'tail'>): readonly string[] {
  const { key: step, job_attempt, attempts: attempt } = view;
  const text = logs.tail({ job, step, job_attempt, attempt }, lastLines);
  return text === '' ? [] : text.split('\n');
}

function durationOf(times: { readonly started_at?: number; readonly ended_at?: number | undefined }): number {
  return times.started_at === undefined || times.ended_at === undefined ? 0 : times.ended_at - times.started_at;
}
