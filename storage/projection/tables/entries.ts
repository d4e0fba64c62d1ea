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
  let until: number | undefined;
  let sequence = after;
  do {
    const from = sequence;
    const page = await session.read('read events of a run', () => pageAfter(run, from));
    until ??= page.last;
    for (const row of page.rows) {
      const entry = entryOf(row);
      if (entry.sequence !== sequence + 1) throw eventsMissing(run, `event ${sequence + 1} is missing`);
      if (entry.sequence > until) return;
      sequence = entry.sequence;
      yield entry;
    }
    if (page.rows.length === 0 && sequence < until) throw eventsMissing(run, `event ${sequence + 1} is missing`);
  } while (sequence < until);
}

/** Whether the run is still there is asked last: rows are taken away only once it isn't. */
function* pageAfter(run: RunId, after: number): Operation<{ readonly rows: readonly SqlRow[]; readonly last: number }> {
  const rows = yield sql`SELECT sequence, job, event FROM projected_entries
    WHERE run = ${run} AND sequence > ${after} AND sequence <= (
      SELECT max(sequence) FROM (
        SELECT sequence, sum(bytes) OVER (ORDER BY sequence) - bytes AS bytes_before FROM (
          SELECT sequence, bytes FROM projected_entries
          WHERE run = ${run} AND sequence > ${after} ORDER BY sequence LIMIT ${pageEntries}
        ) AS next_ones
      ) AS page WHERE bytes_before < ${pageBytes}
    ) ORDER BY sequence`;
  return { rows, last: yield* lastOf(run) };
}

function entryOf(row: SqlRow): JournalEntry {
  return {
    sequence: numberFrom(row, 'sequence'),
    // append() wrote the job from a JobKey.
    machine: row['job'] === null ? { kind: 'run' } : { kind: 'job', job: textFrom(row, 'job') as JobKey },
    event: jsonFrom(row, 'event'),
  };
}
