import type { RunId } from '../../../schemas/index.ts';
import type { RunAwaits, RunChanges, RunOrigin, RunRow, SubmittedRequest } from '../port.ts';
import { identifier, join, type Sql, type SqlRow, sql } from '../sql.ts';
import { folded, jsonFrom, numberFrom, optional, textFrom } from '../text.ts';

/** A run that has one of these goes on no more. */
export const endedStatuses: readonly RunRow['status'][] = ['success', 'failure', 'cancelled'];
/** A run that has one of these is an engine's. */
export const drivenStatuses: readonly RunRow['status'][] = ['queued', 'running', 'waiting', 'blocked', 'paused'];

/** What a run is read from. */
export const runColumns: Sql = join(
  [
    'run',
    'tenant',
    'workflow',
    'name',
    'file',
    'labels',
    'status',
    'attempt',
    'created_at',
    'started_at',
    'ended_at',
    'origin',
    'request',
    'error',
    'awaits',
    'queues',
  ].map(identifier),
  sql`, `,
);

/** A row as it is written; its labels and its queues are found by rows of their own. */
export function toRunColumns(row: RunRow): SqlRow {
  return {
    run: row.run,
    tenant: row.tenant,
    workflow: row.workflow,
    name: row.name,
    folded_workflow: folded(row.workflow),
    folded_name: folded(row.name),
    file: row.file,
    labels: JSON.stringify(row.labels),
    status: row.status,
    attempt: row.attempt,
    created_at: row.created_at,
    started_at: row.started_at ?? null,
    ended_at: row.ended_at ?? null,
    origin_kind: row.origin.kind,
    origin_id: row.origin.id,
    origin: JSON.stringify(row.origin),
    plan: row.request.plan,
    source: row.request.source ?? null,
    request: JSON.stringify(row.request),
    error: row.error === undefined ? null : JSON.stringify(row.error),
    queues: row.queues === undefined ? null : JSON.stringify(row.queues),
    ...awaitsColumns(row.awaits),
  };
}

/** A row as it was written. Ids, statuses and documents have the types that they were written with. */
export function fromRunColumns(row: SqlRow): RunRow {
  return {
    run: textFrom(row, 'run') as RunId,
    tenant: textFrom(row, 'tenant'),
    workflow: textFrom(row, 'workflow'),
    name: textFrom(row, 'name'),
    file: textFrom(row, 'file'),
    labels: jsonFrom(row, 'labels') as RunRow['labels'],
    status: textFrom(row, 'status') as RunRow['status'],
    attempt: numberFrom(row, 'attempt'),
    created_at: numberFrom(row, 'created_at'),
    ...optional(row, 'started_at', numberFrom),
    ...optional(row, 'ended_at', numberFrom),
    origin: JSON.parse(textFrom(row, 'origin')) as RunOrigin,
    request: JSON.parse(textFrom(row, 'request')) as SubmittedRequest,
    ...optional(row, 'error', jsonFrom),
    ...optional(row, 'awaits', awaitsFrom),
    ...optional(row, 'queues', queuesFrom),
  };
}

/** The columns that changes are of. */
export function toChangedColumns(changes: RunChanges): SqlRow {
  const { status, name, attempt, started_at, ended_at, error, request } = changes;
  const awaits = typeof ended_at === 'number' ? null : changes.awaits;
  return {
    ...(status === undefined ? {} : { status }),
    ...(name === undefined ? {} : { name, folded_name: folded(name) }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(started_at === undefined ? {} : { started_at }),
    ...(ended_at === undefined ? {} : { ended_at }),
    ...(error === undefined ? {} : { error: error === null ? null : JSON.stringify(error) }),
    ...(awaits === undefined ? {} : awaitsColumns(awaits)),
    ...(request === undefined ? {} : { request: JSON.stringify(request), plan: request.plan }),
  };
}

/** Beside what is awaited its kinds, by which runs are found. */
function awaitsColumns(awaits: readonly RunAwaits[] | null = null): SqlRow {
  if (awaits === null || awaits.length === 0) return { awaits: null, awaited: null };
  const kinds = [...new Set(awaits.map(({ kind }) => kind))];
  return { awaits: JSON.stringify(awaits), awaited: `,${kinds.join(',')},` };
}

function queuesFrom(row: SqlRow, column: string): readonly string[] {
  // Only toRunColumns() writes it.
  return JSON.parse(textFrom(row, column)) as readonly string[];
}

function awaitsFrom(row: SqlRow, column: string): readonly RunAwaits[] {
  // Only awaitsColumns() writes it.
  return JSON.parse(textFrom(row, column)) as readonly RunAwaits[];
}
