import { type Diagnostic, type JsonObject, plainLine, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { ScheduleRow } from '../../storage/records/port.ts';
import type { Principal } from '../auth/principal.ts';
import { claimMs, idempotencyConflict } from '../idempotency.ts';
import { newId } from '../ids.ts';
import type { ServerParts } from '../parts.ts';
import type { SentWorkflow } from '../runs/sent-workflow.ts';
import { digestOf } from './digest.ts';
import { changedTiming, type GivenTiming, newTimings, type Timing } from './new-schedule.ts';
import { checkRun, readUnattended, workflowRefused } from './read-workflow.ts';
import { runOfSchedule } from './run-of-schedule.ts';
import { isVisibleTo } from './tenants.ts';

/** What the operations on schedules need of a server. */
export type ScheduleParts = Pick<ServerParts, 'records' | 'submissions' | 'clock' | 'catalogue' | 'log'>;

/** What a schedule has beside its times. */
interface GivenSettings {
  readonly name?: string;
  readonly inputs?: JsonObject;
  readonly vars?: JsonObject;
  readonly labels?: Readonly<Record<string, string>>;
  readonly paused?: boolean;
}

/** The body of a request for new schedules. */
export interface NewSchedule extends SentWorkflow, GivenTiming, GivenSettings {
  readonly tenant_id?: string;
}

/** The body of a request for changes. */
export type ScheduleChanges = Partial<SentWorkflow> & GivenTiming & GivenSettings;

/** A tenant has so many schedules at most: all of them are looked through again and again. */
const mostSchedules = 1_000;
const longestName = 200;

/** Schedules that are about to be written. */
export interface MadeSchedules {
  readonly rows: readonly ScheduleRow[];
  readonly warnings: readonly Diagnostic[];
}

/** The schedules that a request asks for: one, or one for each entry of the workflow's `on.schedule`. 400, 409, 422. */
export async function makeSchedules(
  parts: ScheduleParts,
  { tenant, by, given }: { readonly tenant: string; readonly by: string; readonly given: NewSchedule },
): Promise<MadeSchedules> {
  const { records, submissions, clock } = parts;
  const { plan, digest, source, warnings } = await readUnattended(parts, tenant, given);
  const timings = newTimings(given, plan.triggers?.schedules ?? []);
  const name = (given.name ?? plainLine(plan.name)).slice(0, longestName);
  const now = Math.floor(clock.now());
  // Lists are in the order of ids.
  const ids = timings.map(() => newId('sch')).toSorted((one, other) => (one < other ? -1 : 1));
  const rows = timings.map(
    (timing, index): ScheduleRow => ({
      id: ids[index] ?? newId('sch'),
      tenant,
      name: timings.length === 1 ? name : `${name} (${index + 1})`,
      ...timing,
      paused: given.paused ?? false,
      plan: digest,
      source,
      inputs: given.inputs ?? {},
      vars: given.vars ?? {},
      labels: given.labels ?? {},
      created_at: now,
      created_by: by,
      done_until: now,
    }),
  );
  const [first] = rows;
  if (first !== undefined) await checkRun(submissions, runOfSchedule(first));
  const present = await records.schedules.list(tenant);
  if (present.length + rows.length > mostSchedules) throw tooMany(tenant);
  return { rows, warnings };
}

function tooMany(tenant: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'CONFLICT',
    message: `tenant ${tenant} would have more than ${mostSchedules} schedules`,
    remedy: 'Remove some with DELETE /v1/schedules/{id}.',
  });
}

/** The schedule of that id. NOT_FOUND, in the same words, where there is none and where it is another tenant's. */
export async function findSchedule(
  { records }: Pick<ServerParts, 'records'>,
  principal: Principal,
  id: string,
): Promise<ScheduleRow> {
  const row = await records.schedules.get(id);
  if (row !== undefined && isVisibleTo(principal, row)) return row;
  throw noSchedule();
}

/** As it is where somebody else has removed it meanwhile. */
export function noSchedule(): WaterflowFailure {
  return new WaterflowFailure({
    code: 'NOT_FOUND',
    message: 'there is no schedule of this id',
    remedy: 'List the schedules with GET /v1/schedules.',
  });
}

/** Changes a schedule, and gives it as it is then. 400, 404, 422. */
export async function changeSchedule(
  parts: ScheduleParts,
  row: ScheduleRow,
  given: ScheduleChanges,
): Promise<ScheduleRow> {
  const { records, submissions, clock } = parts;
  const { workflow } = given;
  const read = workflow === undefined ? undefined : await readUnattended(parts, row.tenant, { ...given, workflow });
  const changed = {
    name: given.name ?? row.name,
    ...changedTiming(row, given),
    paused: given.paused ?? row.paused,
    plan: read?.digest ?? row.plan,
    ...(read === undefined ? {} : { source: read.source }),
    inputs: given.inputs ?? row.inputs,
    vars: given.vars ?? row.vars,
    labels: given.labels ?? row.labels,
  };
  await checkRun(submissions, runOfSchedule({ ...row, ...changed }));
  // What was due until now was so for the schedule as it was; and whoever is about to start that finds the schedule moved on.
  const done_until = isNewTime(row, changed) ? Math.floor(clock.now()) : undefined;
  const changes = { ...changed, ...(done_until === undefined ? {} : { done_until }) };
  if (!(await records.schedules.update(row.id, changes))) throw noSchedule();
  return findRow(parts, row.id);
}

/** Whether other starts come than before. While it is paused, none do. */
function isNewTime(row: ScheduleRow, changed: Timing & { readonly paused: boolean }): boolean {
  return row.paused || changed.paused || row.cron !== changed.cron || row.timezone !== changed.timezone;
}

async function findRow({ records }: Pick<ServerParts, 'records'>, id: string): Promise<ScheduleRow> {
  const row = await records.schedules.get(id);
  if (row === undefined) throw noSchedule();
  return row;
}

/** A run that somebody asked for: what is answered, now or before. */
export interface TriggeredRun {
  readonly answer: { readonly id: RunId; readonly workflow_id: RunId; readonly status: 'queued' };
  readonly replayed: boolean;
}

/**
 * Starts a run of a schedule now, whatever its times, `overlap` and `paused` say. With a key of idempotency once within 24 hours. 422
 * where the inputs don't fit, and where the key came with another request.
 */
export async function triggerSchedule(
  { submissions, clock }: Pick<ServerParts, 'submissions' | 'clock'>,
  row: ScheduleRow,
  asked: { readonly traceparent: string | undefined; readonly key: string | undefined },
): Promise<TriggeredRun> {
  const { traceparent, key } = asked;
  const answerOf = (id: RunId) => ({ id, workflow_id: id, status: 'queued' }) as const;
  const claim = key && {
    tenant: row.tenant,
    key,
    fingerprint: digestOf(['trigger', row.id]),
    expires_at: Math.floor(clock.now()) + claimMs,
    answer: answerOf,
  };
  const result = await submissions.submit(
    runOfSchedule(row, traceparent === undefined ? {} : { traceparent }),
    claim || undefined,
  );
  if (result.kind === 'invalid') throw workflowRefused(result.diagnostics);
  if (result.kind === 'conflict') throw idempotencyConflict();
  return { answer: answerOf(result.run), replayed: result.kind === 'repeated' };
}
