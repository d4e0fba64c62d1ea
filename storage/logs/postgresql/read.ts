import type { JobKey, RunId, StepKey } from '../../../schemas/index.ts';
import type { LogSegment, PlacedSegment } from '../../port.ts';
import type { Session } from '../../records/session.ts';
import { type Operation, type SqlRow, sql } from '../../records/sql.ts';
import { numberFrom, textFrom } from '../../records/text.ts';

/** Of a page, unless its first segment alone is larger. */
const pageBytes = 256 * 1024;
const pageSegments = 512;
/** Who looks whether there is a next segment doesn't wait for a page of them. */
const firstPageSegments = 1;

/** See ShippedLogs.read: a page at a time, each by itself, so that a slow reader keeps no connection and no snapshot. */
export async function* readPages(
  session: Session,
  run: RunId,
  after: number,
): AsyncGenerator<PlacedSegment, void, undefined> {
  let position = after;
  for (let most = firstPageSegments; ; most = pageSegments) {
    const from = position;
    const page = await session.read('read logs of an agent', () => pageAfter(run, from, most));
    for (const row of page) yield segmentOf(row);
    const last = page.at(-1);
    if (last === undefined || isLast(page, most)) return;
    position = numberFrom(last, 'position');
  }
}

/** A later page would have been empty: neither bound was reached. */
function isLast(page: readonly SqlRow[], most: number): boolean {
  const last = page.at(-1);
  return page.length < most && (last === undefined || numberFrom(last, 'bytes_through') < pageBytes);
}

function* pageAfter(run: RunId, after: number, most: number): Operation<readonly SqlRow[]> {
  return yield sql`SELECT position, job, step, job_attempt, shipped_attempts.attempt, sequence, at, stream, text, bytes_through
    FROM (
      SELECT next_ones.*, sum(octet_length(text)) OVER (ORDER BY position) AS bytes_through
      FROM (
        SELECT * FROM shipped_segments WHERE run = ${run} AND position > ${after} ORDER BY position LIMIT ${most}
      ) AS next_ones
    ) AS page
    JOIN shipped_attempts ON shipped_attempts.run = page.run AND number = attempt_number
    WHERE bytes_through - octet_length(text) < ${pageBytes} ORDER BY position`;
}

function segmentOf(row: SqlRow): PlacedSegment {
  return {
    position: numberFrom(row, 'position'),
    // append() wrote the three from a LogSegment.
    job: textFrom(row, 'job') as JobKey,
    step: textFrom(row, 'step') as StepKey,
    job_attempt: numberFrom(row, 'job_attempt'),
    attempt: numberFrom(row, 'attempt'),
    sequence: numberFrom(row, 'sequence'),
    at: numberFrom(row, 'at'),
    stream: textFrom(row, 'stream') as LogSegment['stream'],
    text: textFrom(row, 'text'),
  };
}
