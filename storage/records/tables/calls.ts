import { afterCursor, type Order, pageOf } from '../cursor.ts';
import type { CallRow, CallRows, Page } from '../port.ts';
import { allOf, insert, type Operation, type SqlRow, sql } from '../sql.ts';
import { jsonFrom, numberFrom, optional, textFrom } from '../text.ts';

/** Rows of one statement: SQLite takes 32,766 values, PostgreSQL 65,535. */
const rowsOfStatement = 500;

const newestFirst: Order<CallRow, number> = {
  time: sql`at`,
  tie: sql`place`,
  readTie: (text) => (/^\d{1,15}$/u.test(text) ? Number(text) : undefined),
  placeOf: (row) => [numberFrom(row, 'at'), numberFrom(row, 'place')],
  rowFrom: fromColumns,
};

export function* addCalls(rows: readonly CallRow[]): Operation<void> {
  for (let start = 0; start < rows.length; start += rowsOfStatement) {
    yield insert('calls', rows.slice(start, start + rowsOfStatement).map(toColumns));
  }
}

export function* listCalls(
  filter: Parameters<CallRows['list']>[0],
  page: Parameters<CallRows['list']>[1],
): Operation<Page<CallRow>> {
  const { tenant, from, until, by } = filter;
  const conditions = allOf([
    ...(tenant === undefined ? [] : [sql`tenant = ${tenant}`]),
    ...(from === undefined ? [] : [sql`at >= ${from}`]),
    ...(until === undefined ? [] : [sql`at < ${until}`]),
    ...(by === undefined ? [] : [sql`caller = ${by}`]),
    ...afterCursor(newestFirst, page.after),
  ]);
  const found = yield sql`SELECT * FROM calls WHERE ${conditions} ORDER BY at DESC, place DESC LIMIT ${page.limit + 1}`;
  return pageOf(newestFirst, found, page.limit);
}

export function* removeCallsBefore(at: number, limit: number): Operation<number> {
  const removed = yield sql`DELETE FROM calls WHERE place IN
    (SELECT place FROM calls WHERE at < ${at} ORDER BY at, place LIMIT ${limit}) RETURNING place`;
  return removed.length;
}

function toColumns(row: CallRow): SqlRow {
  return {
    request: row.request,
    at: row.at,
    tenant: row.tenant ?? null,
    caller: row.by ?? null,
    method: row.method,
    route: row.route,
    target: row.target ?? null,
    status: row.status,
    duration_ms: row.duration_ms,
    remote: row.remote,
    details: row.details === undefined ? null : JSON.stringify(row.details),
  };
}

function fromColumns(row: SqlRow): CallRow {
  return {
    request: textFrom(row, 'request'),
    at: numberFrom(row, 'at'),
    tenant: row['tenant'] === null ? undefined : textFrom(row, 'tenant'),
    by: row['caller'] === null ? undefined : textFrom(row, 'caller'),
    method: textFrom(row, 'method'),
    route: textFrom(row, 'route'),
    ...optional(row, 'target', textFrom),
    status: numberFrom(row, 'status'),
    duration_ms: numberFrom(row, 'duration_ms'),
    remote: textFrom(row, 'remote'),
    ...optional(row, 'details', jsonFrom),
  };
}
