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

/** Undefined where nothing is left, or it would take too much memory. A run's segments are numbered without gaps. */
function* pageAfter(run: RunId, after: number): Operation<SkimmedSegments | undefined> {
  const end = after + most.segments;
  const [size] = yield sql`SELECT count(*) AS segments, coalesce(sum(octet_length(text)), 0) AS bytes
    FROM shipped_segments WHERE run = ${run} AND position > ${after} AND position <= ${end}`;
  if (size === undefined || numberFrom(size, 'segments') === 0 || numberFrom(size, 'bytes') > most.bytes)
    return undefined;
  const [row] = yield sql`SELECT max(position) AS position, string_agg(text, '' ORDER BY position) AS text,
      min(CASE WHEN right(text, 1) = chr(10) THEN 1 ELSE 0 END) AS whole
    FROM shipped_segments WHERE run = ${run} AND position > ${after} AND position <= ${end}`;
  if (row === undefined) return undefined;
  return {
    position: numberFrom(row, 'position'),
    text: textFrom(row, 'text'),
    isWhole: numberFrom(row, 'whole') === 1,
  };
}
