import type { JobKey, Plan } from '../../schemas/index.ts';
import type { RunReading } from '../../storage/index.ts';
import { type JobView, jobProgress, jobViews, type StepView, stepViews } from '../machine/index.ts';
import type { JobDetails, RunDetails, RunInfo, StepDetails } from '../port.ts';
import type { Machines } from './machines.ts';
import { timeText } from './observer.ts';
import { linesOf } from './summary.ts';

/** Where the last lines of a step's log come from. */
type Logs = Pick<RunReading, 'tail'>;

/** A run as its machines have it. */
export function detailsOfRun(
  machines: Machines,
  { info, logs }: { readonly info: RunInfo; readonly logs: Logs },
): RunDetails {
  const { run, plan } = machines;
  const inputs = run.state === 'created' ? {} : run.workflow.facts.inputs;
  const views = jobViews(plan, run);
  const callers = callersOf(views);
  return {
    ...info,
    plan,
    inputs,
    jobs: Object.fromEntries(
      views.map((view, index) => [
        view.key,
        { index, ...placeOf(view, { plan, callers }), ...detailsOf(view, { machines, logs }) },
      ]),
    ),
  };
}

/** The job that calls the workflow of each job of a called one: its jobs come after it, and their keys begin with its key. */
function callersOf(views: readonly JobView[]): ReadonlyMap<JobKey, JobKey> {
  const callers = new Map<JobKey, JobKey>();
  const open: JobKey[] = [];
  for (const { key, calls } of views) {
    while (open.length > 0 && !key.startsWith(`${open.at(-1)} / `)) open.pop();
    const caller = open.at(-1);
    if (caller !== undefined) callers.set(key, caller);
    if (calls !== undefined) open.push(key);
  }
  return callers;
}

/** Where a job stands among the others. */
function placeOf(
  { key, id, workflow }: JobView,
  { plan, callers }: { readonly plan: Plan; readonly callers: ReadonlyMap<JobKey, JobKey> },
): Pick<JobDetails, 'id' | 'needs' | 'caller'> {
  const file = workflow === undefined ? plan : plan.workflows?.[workflow];
  const caller = callers.get(key);
  return {
    id,
    needs: file?.jobs.find((job) => job.id === id)?.needs ?? [],
    ...(caller === undefined ? {} : { caller }),
  };
}

interface Sources {
  readonly machines: Machines;
  readonly logs: Logs;
}

function detailsOf(view: JobView, { machines, logs }: Sources): Omit<JobDetails, 'index' | 'id' | 'needs' | 'caller'> {
  const state = machines.job(view.key);
  const { key, name, wave, waits_for, outputs, reused, environment, skip_reason, error } = view;
  const progress = state === undefined ? undefined : jobProgress(state);
  const agent = machines.agentOf(key);
  const steps = state === undefined ? [] : stepViews(machines.plan, state);
  return {
    name,
    ...statusOf(view, progress),
    attempts: progress?.attempt ?? view.attempts,
    ...(agent === undefined ? {} : { agent }),
    ...untilOf(progress?.claim_until),
    ...(progress?.suspect === true ? { agent_suspect: true } : {}),
    ...(wave === undefined ? {} : { wave }),
    ...timesOf(view),
    outputs,
    ...(waits_for === undefined ? {} : { waits_for }),
    ...(reused === undefined ? {} : { reused }),
    ...(environment === undefined ? {} : { environment }),
    ...(skip_reason === undefined ? {} : { skip_reason }),
    ...(error === undefined ? {} : { error }),
    steps: Object.fromEntries(steps.map((step, index) => [step.key, { index, ...stepDetailsOf(key, step, logs) }])),
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

function stepDetailsOf(job: JobKey, view: StepView, logs: Logs): Omit<StepDetails, 'index'> {
  const { name, uses, status, outcome, conclusion, attempts, outputs, host_calls, plugin } = view;
  const { iterations, reused, skip_reason, error } = view;
  return {
    name,
    uses,
    status,
    ...(outcome === undefined ? {} : { outcome }),
    ...(conclusion === undefined ? {} : { conclusion }),
    attempts,
    ...timesOf(view),
    ...untilOf(view.waits_until),
    outputs,
    host_calls,
    ...(plugin === undefined ? {} : { plugin }),
    ...(iterations === undefined ? {} : { iterations }),
    ...(reused === undefined ? {} : { reused }),
    ...(skip_reason === undefined ? {} : { skip_reason }),
    ...(error === undefined ? {} : { error }),
    ...(outcome === 'failure' && attempts > 0 ? { last_lines: linesOf(job, view, logs) } : {}),
  };
}

function untilOf(until: number | undefined) {
  return until === undefined ? {} : { waits_until: timeText(until) };
}

function timesOf({ started_at, ended_at }: { readonly started_at?: number; readonly ended_at?: number }) {
  return {
    ...(started_at === undefined ? {} : { started_at: timeText(started_at) }),
    ...(ended_at === undefined ? {} : { ended_at: timeText(ended_at) }),
  };
}
