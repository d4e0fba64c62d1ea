import type { RunId } from '../../../schemas/index.ts';
import { insert, type Operation, oneOf, sql } from '../sql.ts';
import { numberFrom, textFrom } from '../text.ts';
import { endedStatuses } from './run-columns.ts';

/**
 * The oldest that ended before, with their labels; that something is left of them is kept. The outer condition sees a run that was started again while this waited for it;
 * coalesce() keeps SQLite from finding all ended runs by it.
 */
export function* removeEndedRuns(before: number, limit: number): Operation<readonly RunId[]> {
  const removed = yield sql`DELETE FROM runs WHERE ${oneOf(sql`coalesce(status, '')`, endedStatuses)} AND run IN (
      SELECT run FROM runs WHERE ended_at < ${before} AND ${oneOf(sql`coalesce(status, '')`, endedStatuses)}
      ORDER BY ended_at, run LIMIT ${limit}) RETURNING run`;
  const runs = removed.map((row) => textFrom(row, 'run') as RunId);
  if (runs.length > 0)
    yield insert(
      'leftovers',
      runs.map((run) => ({ run })),
    );
  return runs;
}

/** Runs that were removed and of which more was kept than their row: nobody has said yet that it is gone, too. */
export function* leftovers(limit: number): Operation<readonly RunId[]> {
  const rows = yield sql`SELECT run FROM leftovers ORDER BY run LIMIT ${limit}`;
  return rows.map((row) => textFrom(row, 'run') as RunId);
}

/** When the oldest run was created. */
export function* oldestRun(): Operation<number | undefined> {
  const [row] = yield sql`SELECT created_at FROM runs ORDER BY created_at, run LIMIT 1`;
  return row === undefined ? undefined : numberFrom(row, 'created_at');
}

export function* removeLeftovers(runs: readonly RunId[]): Operation<void> {
  yield sql`DELETE FROM leftovers WHERE ${oneOf(sql`run`, runs)}`;
}

/** Claims and deliveries that hold no longer. */
export function* removeExpired(now: number, limit: number): Operation<void> {
  yield sql`DELETE FROM claims WHERE expires_at <= ${now} AND claim IN
    (SELECT claim FROM claims WHERE expires_at <= ${now} ORDER BY expires_at LIMIT ${limit})`;
  yield sql`DELETE FROM deliveries WHERE delivery IN
    (SELECT delivery FROM deliveries WHERE expires_at <= ${now} ORDER BY expires_at LIMIT ${limit})`;
}
