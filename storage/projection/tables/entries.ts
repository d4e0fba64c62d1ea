import type { JobKey, RunId } from '../../../schemas/index.ts';
import type { JournalEntry } from '../../port.ts';
import type { Session } from '../../records/session.ts';
import { type Operation, type SqlRow, sql } from '../../records/sql.ts';
import { jsonFrom, numberFrom, textFrom } from '../../records/text.ts';
import { eventsMissing } from '../failures.ts';
import { lastOf } from './runs.ts';

/** Of a page, unless its first event alone is larger. */
const pageBytes = 256 * 1024;
const pageEntries = 512;

/** See Projection.entries: a page at a time, each by itself, so that a slow reader keeps no connection and no snapshot. */
export async function* readEntries(
  session: Session,
  run: RunId,
  after: number,
): AsyncGenerator<JournalEntry, void, undefined> {
  const doing = 'read events of a run';
  const until = await session.read(doing, () => lastOf(run));
  let sequence = after;
  while (sequence < until) {
    const from = sequence;
    const page = await session.read(doing, () => pageAfter(run, { after: from, until }));
    for (const row of page) {
      yield entryOf(row);
      sequence += 1;
    }
  }
}

/**
 * At least one of the events between the two, which have all been kept. Without gaps a range says as much as a limit would; for a limit
 * PostgreSQL sorts all of the run as long as it has no statistics of a table that has just grown.
 */
function* pageAfter(
  run: RunId,
  { after, until }: { readonly after: number; readonly until: number },
): Operation<readonly SqlRow[]> {
  const end = Math.min(after + pageEntries, until);
  const rows = yield sql`SELECT sequence, job, event FROM projected_entries
    WHERE run = ${run} AND sequence > ${after} AND sequence <= (
      SELECT max(sequence) FROM (
        SELECT sequence, sum(bytes) OVER (ORDER BY sequence) - bytes AS bytes_before FROM (
          SELECT sequence, bytes FROM projected_entries
          WHERE run = ${run} AND sequence > ${after} AND sequence <= ${end}
        ) AS next_ones
      ) AS page WHERE bytes_before < ${pageBytes}
    ) ORDER BY sequence`;
  const gap = rows.findIndex((row, index) => numberFrom(row, 'sequence') !== after + index + 1);
  if (rows.length > 0 && gap === -1) return rows;
  // They may have been taken away together with the run.
  yield* lastOf(run);
  throw eventsMissing(run, `event ${after + Math.max(gap, 0) + 1} is missing`);
}

function entryOf(row: SqlRow): JournalEntry {
  return {
    sequence: numberFrom(row, 'sequence'),
    // append() wrote the job from a JobKey.
    machine: row['job'] === null ? { kind: 'run' } : { kind: 'job', job: textFrom(row, 'job') as JobKey },
    event: jsonFrom(row, 'event'),
  };
}
