import { allJobs } from '../../dsl/index.ts';
import type { JobDetails, RunDetails, RunInfo, RunStatus, StepDetails } from '../../engine/port.ts';
import type { Json, JsonObject, Plan, WaterflowError } from '../../schemas/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import { lackingError } from './returned-secrets.ts';

/** What of a run may be newer than its row. */
type Newer = Partial<Pick<RunInfo, 'name' | 'status' | 'attempt' | 'ended_at' | 'error' | 'awaits'>>;

/** A run's status as the API names it: whether an engine has it yet is nobody's concern. */
export function shownStatus(status: RunRow['status']): RunStatus {
  return status === 'accepted' ? 'queued' : status;
}

/** The statuses of rows that a status of the API stands for. */
export function statusesOf(status: RunStatus): readonly RunRow['status'][] {
  return status === 'queued' ? ['queued', 'accepted'] : [status];
}

/** A run as lists show it, with what is newer than its row. */
export function shownRun(row: RunRow, newer: Newer = {}): JsonObject {
  const { run, tenant, workflow, file, labels, queues, created_at, started_at, origin } = row;
  const ended_at = newer.ended_at ?? (row.ended_at === undefined ? undefined : timeText(row.ended_at));
  const awaits = newer.awaits ?? (ended_at === undefined ? row.awaits : undefined);
  const error = newer.error ?? errorInProgress(row, newer.awaits);
  return {
    id: run,
    tenant_id: tenant,
    workflow,
    name: newer.name ?? row.name,
    file,
    status: shownStatus(newer.status ?? row.status),
    attempt: newer.attempt ?? row.attempt,
    labels,
    ...(queues === undefined ? {} : { queues }),
    origin: { kind: origin.kind, id: origin.id, by: origin.by },
    created_at: timeText(created_at),
    ...(started_at === undefined ? {} : { started_at: timeText(started_at) }),
    ...(ended_at === undefined ? {} : { ended_at }),
    ...(awaits === undefined ? {} : { awaits: json(awaits) }),
    ...(error === undefined ? {} : { error: json(error) }),
  };
}

/** What the run waits for counts more than what its row said before. */
function errorInProgress({ run, error }: RunRow, awaits: Newer['awaits']): RunRow['error'] | WaterflowError {
  if (awaits === undefined) return error;
  const isOver = error?.['code'] === 'SECRET_MISSING';
  return lackingError(run, awaits) ?? (isOver ? undefined : error);
}

/** A run with its jobs and steps, as it is or as it was after an event: then nothing of it is newer than that. */
export function shownDetails(row: RunRow, details: RunDetails): JsonObject {
  const { inputs, jobs } = details;
  const { ended_at, error: _error, ...withoutEnd } = row;
  return {
    ...shownRun(ended_at === undefined ? row : withoutEnd, details),
    awaits: details.awaits.map((awaited) => shownAwaited(awaited, details)),
    inputs,
    vars: row.request.vars,
    secrets: row.request.secrets,
    jobs: Object.fromEntries(Object.entries(jobs).map(([key, job]) => [key, shownJob(job)])),
  };
}

/** With the times of the step that waits for it. */
function shownAwaited(awaited: RunInfo['awaits'][number], { jobs }: RunDetails): Json {
  const { job, step } = awaited;
  const { started_at, waits_until } = (step === undefined ? undefined : jobs[job]?.steps[step]) ?? {};
  return {
    ...(json(awaited) as JsonObject),
    ...(started_at === undefined ? {} : { since: started_at }),
    ...(waits_until === undefined ? {} : { until: waits_until }),
  };
}

/** A run that hasn't begun, with the jobs that it is to have: a matrix is one of them, since only a run knows its cells. */
export function shownPlanned(row: RunRow, plan: Plan): JsonObject {
  const jobs = Array.from(allJobs(plan), ({ key, job, callers }, index) => {
    const { id, needs } = job;
    const caller = callers.at(-1);
    const place = { index, name: id, id, needs, ...(caller === undefined ? {} : { caller: caller.key }) };
    return [key, { ...place, status: 'waiting', attempts: 0, outputs: {}, steps: {} }] as const;
  });
  return {
    ...shownRun(row),
    awaits: [],
    inputs: row.request.inputs,
    vars: row.request.vars,
    secrets: row.request.secrets,
    jobs: Object.fromEntries(jobs),
  };
}

function shownJob({ steps, ...job }: JobDetails): JsonObject {
  return {
    ...(json(job) as JsonObject),
    ...durationOf(job),
    steps: Object.fromEntries(Object.entries(steps).map(([key, step]) => [key, shownStep(step)])),
  };
}

function shownStep(step: StepDetails): JsonObject {
  return { ...(json(step) as JsonObject), ...durationOf(step) };
}

function durationOf({ started_at, ended_at }: { readonly started_at?: string; readonly ended_at?: string }) {
  if (started_at === undefined || ended_at === undefined) return {};
  return { duration_ms: Date.parse(ended_at) - Date.parse(started_at) };
}

/** RFC 3339 UTC of ms since the epoch. */
export function timeText(time: number): string {
  return new Date(time).toISOString();
}

function json(value: object): Json {
  // What an engine tells of a run is JSON; its interfaces only lack JsonObject's index signature.
  return value as unknown as Json;
}
