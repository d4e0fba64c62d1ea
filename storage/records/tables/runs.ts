import type { RunId } from '../../../schemas/index.ts';
import { afterCursor, type Order, pageOf } from '../cursor.ts';
import type {
  AwaitedKind,
  IdempotencyClaim,
  Page,
  RunChanges,
  RunFilter,
  RunRow,
  RunRows,
  Submitted,
} from '../port.ts';
import { allOf, assignments, insert, type Operation, oneOf, type Sql, sql } from '../sql.ts';
import { folded, keyOf, numberFrom, textFrom } from '../text.ts';
import { claim, readClaim } from './claims.ts';
import { drivenStatuses, fromRunColumns, runColumns, toChangedColumns, toRunColumns } from './run-columns.ts';

const newestFirst: Order<RunRow, string> = {
  time: sql`created_at`,
  tie: sql`run`,
  readTie: (text) => (text.startsWith('run-') ? text : undefined),
  placeOf: (row) => [numberFrom(row, 'created_at'), textFrom(row, 'run')],
  rowFrom: fromRunColumns,
};

/** Writes a run and what it is found by. */
export function* insertRun(row: RunRow): Operation<void> {
  yield insert('runs', [toRunColumns(row)]);
  const labels = Object.entries(row.labels).map(([name, value]) => ({
    pair: keyOf(name, value),
    labelled_at: row.created_at,
    labelled_run: row.run,
  }));
  if (labels.length > 0) yield insert('run_labels', labels);
  const queues = (row.queues ?? []).map((queue) => ({ queue, queued_at: row.created_at, queued_run: row.run }));
  if (queues.length > 0) yield insert('run_queues', queues);
}

/** The run and its claim, or neither where the claim was made before. */
export function* submit(row: RunRow, given?: Parameters<RunRows['submit']>[1]): Operation<Submitted> {
  if (given !== undefined) {
    const before = yield* claim(given, { id: row.run, created_at: row.created_at });
    if (before !== undefined) return before;
  }
  yield* insertRun(row);
  return { kind: 'created' };
}

export function* repeated(
  given: Pick<IdempotencyClaim, 'tenant' | 'key' | 'fingerprint'>,
  now: number,
): Operation<Submitted | undefined> {
  return yield* readClaim(given, now);
}

export function* getRun(run: RunId): Operation<RunRow | undefined> {
  const [row] = yield sql`SELECT ${runColumns} FROM runs WHERE run = ${run}`;
  return row === undefined ? undefined : fromRunColumns(row);
}

/** The ids are found first, by indexes alone where that is possible; then their rows are read. */
export function* listRuns(filter: RunFilter, page: Parameters<RunRows['list']>[1]): Operation<Page<RunRow>> {
  const { source, order, conditions } = filtered(filter);
  const found = yield sql`SELECT ${runColumns} FROM runs WHERE run IN (
      SELECT ${order.tie} FROM ${source} WHERE ${allOf([...conditions, ...afterCursor(order, page.after)])}
      ORDER BY ${order.time} DESC, ${order.tie} DESC LIMIT ${page.limit + 1})
    ORDER BY created_at DESC, run DESC`;
  return pageOf(order, found, page.limit);
}

export function* countRuns(filter: RunFilter): Operation<Awaited<ReturnType<RunRows['count']>>> {
  const { source, conditions } = filtered(filter);
  const found = yield sql`SELECT status, count(*) AS runs FROM ${source} WHERE ${allOf(conditions)} GROUP BY status`;
  return Object.fromEntries(found.map((row) => [textFrom(row, 'status'), numberFrom(row, 'runs')]));
}

export function* updateRun(run: RunId, changes: RunChanges): Operation<void> {
  const columns = toChangedColumns(changes);
  if (Object.keys(columns).length > 0) yield sql`UPDATE runs SET ${assignments(columns)} WHERE run = ${run}`;
}

export function* acceptedRuns(limit: number): Operation<readonly RunRow[]> {
  const found = yield sql`SELECT ${runColumns} FROM runs WHERE status = 'accepted'
    ORDER BY created_at, run LIMIT ${limit}`;
  return found.map(fromRunColumns);
}

export function* unfinishedRuns(): Operation<readonly RunRow[]> {
  const found = yield sql`SELECT ${runColumns} FROM runs WHERE ${oneOf(sql`status`, drivenStatuses)}
    ORDER BY created_at, run`;
  return found.map(fromRunColumns);
}

/** Where runs are looked for: among those of the first label, else of the queue, where there is one, since they may be few of many. */
function filtered(filter: RunFilter): {
  readonly source: Sql;
  readonly order: Order<RunRow, string>;
  readonly conditions: readonly Sql[];
} {
  const [first, ...others] = Object.entries(filter.labels ?? {}).map(([label, value]) => keyOf(label, value));
  const { queue } = filter;
  const conditions = [...conditionsOf(filter), ...others.map(labelled)];
  if (first === undefined && queue === undefined) return { source: sql`runs`, order: newestFirst, conditions };
  if (first === undefined) {
    return {
      source: sql`run_queues JOIN runs ON run = queued_run`,
      order: { ...newestFirst, time: sql`queued_at`, tie: sql`queued_run` },
      conditions: [sql`run_queues.queue = ${queue ?? ''}`, ...conditions],
    };
  }
  if (queue !== undefined) conditions.push(queued(queue));
  return {
    source: sql`run_labels JOIN runs ON run = labelled_run`,
    order: { ...newestFirst, time: sql`labelled_at`, tie: sql`labelled_run` },
    conditions: [sql`run_labels.pair = ${first}`, ...conditions],
  };
}

function conditionsOf(filter: RunFilter): readonly Sql[] {
  const { tenant, status, name, created_from, created_until, origin, awaits } = filter;
  return [
    ...(tenant === undefined ? [] : [sql`tenant = ${tenant}`]),
    ...(status === undefined ? [] : [oneOf(sql`status`, status)]),
    ...(name === undefined ? [] : [named(folded(name))]),
    ...(created_from === undefined ? [] : [sql`created_at >= ${created_from}`]),
    ...(created_until === undefined ? [] : [sql`created_at < ${created_until}`]),
    ...(origin === undefined ? [] : [sql`origin_kind = ${origin.kind}`]),
    ...(awaits === undefined ? [] : [awaiting(awaits)]),
    ...(origin?.id === undefined ? [] : [sql`origin_id = ${origin.id}`]),
  ];
}

/** replace() finds text as it is in both databases; LIKE has wildcards, and folds case each in its own way. */
function named(name: string): Sql {
  if (name === '') return sql`1 = 1`;
  return sql`(folded_workflow = ${name} OR replace(folded_name, ${name}, '') <> folded_name)`;
}

/** The first part is what an index is of. */
function awaiting(kind: AwaitedKind): Sql {
  return sql`(awaited IS NOT NULL AND replace(awaited, ${`,${kind},`}, '') <> awaited)`;
}

function queued(queue: string): Sql {
  return sql`EXISTS (SELECT 1 FROM run_queues WHERE queue = ${queue} AND queued_run = runs.run)`;
}

function labelled(pair: string): Sql {
  return sql`EXISTS (SELECT 1 FROM run_labels AS other WHERE other.pair = ${pair} AND other.labelled_run = runs.run)`;
}
