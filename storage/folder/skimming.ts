import type { DatabaseSync } from 'node:sqlite';
import type { SkimmedSegments } from '../port.ts';
import { attempt, type StorageAttempt } from './failures.ts';

/** What is taken together: where segments are lines, some ten thousandth parts of a second of a processor. */
const most = { segments: 4096, bytes: 1024 * 1024 };

/**
 * What a table `segments` has after a position, many rows as one: SQLite puts their texts together in a fifth of the time that it takes
 * to hand each of them over; half as many where they are larger than that. Ends at a row that alone has more than `most.bytes`.
 */
export function* skimSegments(
  database: DatabaseSync,
  position: number,
  reading: StorageAttempt,
): IterableIterator<SkimmedSegments> {
  const range = 'FROM segments WHERE position > ? AND position <= ?';
  const sizes = attempt(reading, () =>
    // Of a row's header alone, as this is no query of a query.
    database.prepare(`SELECT max(position) AS last, sum(octet_length(text)) AS bytes ${range}`),
  );
  // Rows are met by their position. The end of one is looked at as bytes: as text it would be at the first NUL.
  const texts = database.prepare(
    `SELECT group_concat(text, '') AS text, min(substr(CAST(text AS BLOB), -1) = x'0a') AS whole ${range}`,
  );
  for (let [after, segments] = [position, most.segments]; segments >= 1; ) {
    const { last, bytes } = attempt(reading, () => sizes.get(after, after + segments)) ?? {};
    if (typeof last !== 'number') return;
    if (Number(bytes) > most.bytes) {
      // A power of two; below one where a row is too large.
      segments /= 2;
      continue;
    }
    const from = after;
    const row = attempt(reading, () => texts.get(from, last));
    yield { position: last, text: String(row?.['text']), isWhole: row?.['whole'] === 1 };
    after = last;
    // What follows may be smaller.
    if (Number(bytes) <= most.bytes / 2) segments = Math.min(segments * 2, most.segments);
  }
}
