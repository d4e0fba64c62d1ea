import type { RunId } from '../../../schemas/index.ts';
import type { Session } from '../../records/session.ts';
import { type Operation, sql } from '../../records/sql.ts';
import { textFrom } from '../../records/text.ts';

/** Of one transaction, so that a run of many events keeps nobody waiting. */
const removedAtOnce = 2_000;
/** Runs whose removal a crash cut off, that one removal takes up. */
const takenUpAtOnce = 10;

/** See Projection.remove: from the first commit on nobody sees the run, and then it is taken away in parts. */
export async function removeRun(session: Session, run: RunId): Promise<void> {
  const doing = 'remove a run';
  const marked = await session.write(doing, () => mark(run));
  for (const each of marked) {
    while ((await session.write(doing, () => removeSome(each))) > 0);
    await session.write(doing, () => removeRest(each));
  }
}

/** Marks it. Gives those that are marked, by this one or earlier. */
function* mark(run: RunId): Operation<readonly RunId[]> {
  yield sql`UPDATE projected_runs SET removed = 1 WHERE run = ${run} AND removed = 0`;
  const rows = yield sql`SELECT run FROM projected_runs WHERE removed = 1
    ORDER BY CASE WHEN run = ${run} THEN 0 ELSE 1 END, run LIMIT ${takenUpAtOnce}`;
  // createRun() wrote the run from a RunId.
  return rows.map((row) => textFrom(row, 'run') as RunId);
}

/** Gives how many were removed. */
function* removeSome(run: RunId): Operation<number> {
  const removed = yield sql`DELETE FROM projected_entries WHERE run = ${run} AND sequence < (
      SELECT min(sequence) FROM projected_entries WHERE run = ${run}
    ) + ${removedAtOnce} RETURNING sequence`;
  return removed.length;
}

function* removeRest(run: RunId): Operation<void> {
  yield sql`DELETE FROM projected_machines WHERE run = ${run}`;
  yield sql`DELETE FROM projected_values WHERE run = ${run}`;
  yield sql`DELETE FROM projected_records WHERE run = ${run}`;
  yield sql`DELETE FROM projected_runs WHERE run = ${run}`;
}
