import type { RunId } from '../../schemas/index.ts';
import type { Store } from '../../storage/index.ts';
import { type JobView, jobProgress, jobViews, type StepView, stepViews } from '../machine/index.ts';
import type { JobDetails, RunDetails, RunInfo, StepDetails } from '../port.ts';
import { killedAt } from './kill-mark.ts';
import type { Machines } from './machines.ts';
import { timeText } from './observer.ts';
import { replay } from './replay.ts';
import { windDown } from './wind-down.ts';

/** A run with its jobs and steps as its journal has them by now; `info` is what lists show of it. Nothing is locked or written. */
export function inspectRun(store: Pick<Store, 'read'>, run: RunId, info: RunInfo): RunDetails {
  using reading = store.read(run);
  const { machines, facts, at } = replay(reading);
  const killed = killedAt(reading);
  if (killed !== undefined) windDown(machines, Math.max(at, killed));
  const views = jobViews(machines.plan, machines.run);
  const { inputs } = facts;
  return {
    ...info,
    plan: machines.plan,
    inputs,
    jobs: Object.fromEntries(views.map((view) => [view.key, detailsOf(view, machines)])),
  };
}

function detailsOf(view: JobView, machines: Machines): JobDetails {
  const state = machines.job(view.key);
  const { name, waits_for, reused, environment, skip_reason, error } = view;
  const progress = state === undefined ? undefined : jobProgress(state);
  return {
    name,
    ...statusOf(view, progress),
    attempts: progress?.attempt ?? view.attempts,
    ...timesOf(view),
    ...(waits_for === undefined ? {} : { waits_for }),
    ...(reused === undefined ? {} : { reused }),
    ...(environment === undefined ? {} : { environment }),
    ...(skip_reason === undefined ? {} : { skip_reason }),
    ...(error === undefined ? {} : { error }),
    steps:
      state === undefined
        ? {}
        : Object.fromEntries(stepViews(machines.plan, state).map((step) => [step.key, stepDetailsOf(step)])),
  };
}

/** What its own machine says of a job in progress is more than its run knows. */
function statusOf(
  { status }: JobView,
  progress: ReturnType<typeof jobProgress> | undefined,
): Pick<JobDetails, 'status' | 'reason'> {
  if (status !== 'running' || progress === undefined) return { status };
  switch (progress.state) {
    case 'blocked':
      return { status: 'blocked', ...(progress.reason === undefined ? {} : { reason: progress.reason }) };
    case 'waiting':
    case 'paused':
      return { status: progress.state };
    default:
      return { status };
  }
}

function stepDetailsOf(view: StepView): StepDetails {
  const { name, status, attempts, iterations, reused, skip_reason, error } = view;
  return {
    name,
    status,
    attempts,
    ...timesOf(view),
    ...(iterations === undefined ? {} : { iterations }),
    ...(reused === undefined ? {} : { reused }),
    ...(skip_reason === undefined ? {} : { skip_reason }),
    ...(error === undefined ? {} : { error }),
  };
}

function timesOf({ started_at, ended_at }: { readonly started_at?: number; readonly ended_at?: number }) {
  return {
    ...(started_at === undefined ? {} : { started_at: timeText(started_at) }),
    ...(ended_at === undefined ? {} : { ended_at: timeText(ended_at) }),
  };
}
