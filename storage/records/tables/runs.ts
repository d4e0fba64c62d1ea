import type { RunId } from '../../../schemas/index.ts';
import { type Order, afterCursor, pageOf } from '../cursor.ts';
import type { IdempotencyClaim, Page, RunChanges, RunFilter, RunRow, RunRows, Submitted } from '../port.ts';
import { type Operation, type Sql, allOf, assignments, insert, oneOf, sql } from '../sql.ts';
import { folded, keyOf, numberFrom, textFrom } from '../text.ts';
import { claim, readClaim } from './claims.ts';
import { drivenStatuses, fromRunColumns, runColumns, toChangedColumns, toRunColumns } from './run-columns.ts';

const newestFirst: Order<RunRow, string> = {
  time: sql`created_at`,
  tie: sql`run`,
  isTie: (value) => typeof value === 'string',
  placeOf: (row) => [numberFrom(row, 'created_at'), textFrom(row, 'run')],
  rowFrom: fromRunColumns,
};

/** Writes a run and what it is found by. */
export function* insertRun(row: RunRow): Operation<void> {
  yield insert('runs', [toRunColumns(row)]);
  const labels = Object.entries(row.labels).map(([name, value]) => ({ pair: keyOf(name, value), run: row.run }));
  if (labels.length > 0) yield insert('run_labels', labels);
}

/** The run and its claim, or neither where the claim was made before. */
export function* submit(row: RunRow, given?: Parameters<RunRows['submit']>[1]): Operation<Submitted> {
  if (given !== undefined) {
    const before = yield* claim(given, row);
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

export function* listRuns(filter: RunFilter, page: Parameters<RunRows['list']>[1]): Operation<Page<RunRow>> {
  const conditions = allOf([...conditionsOf(filter), ...afterCursor(newestFirst, page.after)]);
  const found = yield sql`SELECT ${runColumns} FROM runs WHERE ${conditions}
    ORDER BY created_at DESC, run DESC LIMIT ${page.limit + 1}`;
  return pageOf(newestFirst, found, page.limit);
}

export function* countRuns(filter: RunFilter): Operation<Awaited<ReturnType<RunRows['count']>>> {
  const found =
    yield sql`SELECT status, count(*) AS runs FROM runs WHERE ${allOf(conditionsOf(filter))} GROUP BY status`;
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

function conditionsOf(filter: RunFilter): readonly Sql[] {
  const { tenant, status, name, created_from, created_until, labels, origin } = filter;
  return [
    ...(tenant === undefined ? [] : [sql`tenant = ${tenant}`]),
    ...(status === undefined ? [] : [oneOf(sql`status`, status)]),
    ...(name === undefined ? [] : [named(folded(name))]),
    ...(created_from === undefined ? [] : [sql`created_at >= ${created_from}`]),
    ...(created_until === undefined ? [] : [sql`created_at < ${created_until}`]),
    ...Object.entries(labels ?? {}).map(([label, value]) => labelled(keyOf(label, value))),
    ...(origin === undefined ? [] : [sql`origin_kind = ${origin.kind}`]),
    ...(origin?.id === undefined ? [] : [sql`origin_id = ${origin.id}`]),
  ];
}

/** replace() finds text as it is in both databases; LIKE has wildcards, and folds case each in its own way. */
function named(name: string): Sql {
  if (name === '') return sql`1 = 1`;
  return sql`(folded_workflow = ${name} OR replace(folded_name, ${name}, '') <> folded_name)`;
}

function labelled(pair: string): Sql {
  return sql`EXISTS (SELECT 1 FROM run_labels WHERE run_labels.pair = ${pair} AND run_labels.run = runs.run)`;
}
