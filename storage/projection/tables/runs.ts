import { isDeepStrictEqual } from 'node:util';
import type { RunId } from '../../../schemas/index.ts';
import type { RunRecord } from '../../port.ts';
import { insert, type Operation, oneOf, type Sql, sql } from '../../records/sql.ts';
import { jsonFrom, numberFrom, textFrom } from '../../records/text.ts';
import { otherRun, runNotFound } from '../failures.ts';

/** See Projection.create. */
export function* createRun(record: RunRecord): Operation<void> {
  const { run } = record;
  const text = JSON.stringify(record);
  const made = yield sql`INSERT INTO projected_runs (run, last, removed) VALUES (${run}, 0, 0)
    ON CONFLICT (run) DO NOTHING RETURNING run`;
  if (made.length > 0) {
    yield insert('projected_records', [{ run, record: text }]);
    return;
  }
  const [kept] = yield findRecord(run);
  if (kept === undefined || !isDeepStrictEqual(jsonFrom(kept, 'record'), JSON.parse(text))) throw otherRun(run);
}

/** See Projection.record. */
export function* readRecord(run: RunId): Operation<RunRecord> {
  const [row] = yield findRecord(run);
  if (row === undefined) throw runNotFound(run);
  // createRun() wrote it.
  return JSON.parse(textFrom(row, 'record')) as RunRecord;
}

function findRecord(run: RunId): Sql {
  return sql`SELECT record FROM projected_runs JOIN projected_records ON projected_records.run = projected_runs.run
    WHERE projected_runs.run = ${run} AND removed = 0`;
}

/** See Projection.last. */
export function* lastOf(run: RunId): Operation<number> {
  const [row] = yield sql`SELECT last FROM projected_runs WHERE run = ${run} AND removed = 0`;
  if (row === undefined) throw runNotFound(run);
  return numberFrom(row, 'last');
}

/** What changes with each event and value, of those that are there. */
export function* versionOfEach(runs: readonly RunId[]): Operation<ReadonlyMap<RunId, string>> {
  const rows = yield sql`SELECT run, last, sets FROM projected_runs WHERE ${oneOf(sql`run`, runs)} AND removed = 0`;
  // createRun() wrote the run from a RunId.
  return new Map(
    rows.map((row) => [textFrom(row, 'run') as RunId, `${numberFrom(row, 'last')}.${numberFrom(row, 'sets')}`]),
  );
}

/** Some of those that sort before a run, all of them where there is none; newest first. */
export function* runsBefore(before: RunId | undefined, limit: number): Operation<readonly RunId[]> {
  const condition = before === undefined ? sql`removed = 0` : sql`removed = 0 AND run < ${before}`;
  const rows = yield sql`SELECT run FROM projected_runs WHERE ${condition} ORDER BY run DESC LIMIT ${limit}`;
  return rows.map((row) => textFrom(row, 'run') as RunId);
}

/** As lockRun() does; a value of the run is set. */
export function* lockRunToSet(run: RunId): Operation<void> {
  const rows = yield sql`UPDATE projected_runs SET sets = sets + 1 WHERE run = ${run} AND removed = 0 RETURNING run`;
  if (rows.length === 0) throw runNotFound(run);
}

/** Others who write to the run wait until this one has committed. Gives the sequence of its last event then, `added` included. */
export function* lockRun(run: RunId, added = 0): Operation<number> {
  const [row] =
    yield sql`UPDATE projected_runs SET last = last + ${added} WHERE run = ${run} AND removed = 0 RETURNING last`;
  if (row === undefined) throw runNotFound(run);
  return numberFrom(row, 'last');
}
