import type { RunId } from '../../../schemas/index.ts';
import type { SkimmedSegments } from '../../port.ts';
import type { Session } from '../../records/session.ts';
import { type Operation, sql } from '../../records/sql.ts';
import { numberFrom, textFrom } from '../../records/text.ts';

/** What is taken together. */
const most = { segments: 4096, bytes: 1024 * 1024 };

/** See ShippedLogs.skim. */
export async function* skimPages(
  session: Session,
  run: RunId,
  after: number,
): AsyncGenerator<SkimmedSegments, void, undefined> {
  for (let position = after; ; ) {
    const from = position;
    const page = await session.read('search logs of an agent', () => pageAfter(run, from));
    if (page === undefined) return;
    yield page;
    ({ position } = page);
  }
}

/** As many as take that little memory. Undefined where nothing is left, or the next one alone would take more. */
function* pageAfter(run: RunId, after: number): Operation<SkimmedSegments | undefined> {
  const [row] = yield sql`SELECT max(position) AS position, string_agg(text, '' ORDER BY position) AS text,
      min(CASE WHEN right(text, 1) = chr(10) THEN 1 ELSE 0 END) AS whole
    FROM (
      SELECT next_ones.*, sum(octet_length(text)) OVER (ORDER BY position) AS bytes_through
      FROM (
        SELECT position, text FROM shipped_segments
        WHERE run = ${run} AND position > ${after} ORDER BY position LIMIT ${most.segments}
      ) AS next_ones
    ) AS page
    WHERE bytes_through <= ${most.bytes} HAVING count(*) > 0`;
  if (row === undefined) return undefined;
  return {
    position: numberFrom(row, 'position'),
    text: textFrom(row, 'text'),
    isWhole: numberFrom(row, 'whole') === 1,
  };
}
