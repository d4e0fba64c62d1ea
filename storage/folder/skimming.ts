import type { DatabaseSync } from 'node:sqlite';
import type { SkimmedSegments } from '../port.ts';
import { attempt, type StorageAttempt } from './failures.ts';

/** What is taken together: where segments are lines, some ten thousandth parts of a second of a processor. */
const most = { segments: 4096, bytes: 1024 * 1024 };

/**
 * What a table `segments` has after a position, many rows as one: SQLite puts their texts together in a fifth of the time that it takes
 * to hand each of them over. Ends where `most.segments` have more than `most.bytes`, which are few enough rows to be read.
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
  // Rows are met by their position.
  const texts = database.prepare(
    `SELECT group_concat(text, '') AS text, min(substr(text, -1) = char(10)) AS whole ${range}`,
  );
  for (let after = position; ; ) {
    const { last, bytes } = attempt(reading, () => sizes.get(after, after + most.segments)) ?? {};
    if (typeof last !== 'number' || Number(bytes) > most.bytes) return;
    const from = after;
    const row = attempt(reading, () => texts.get(from, last));
    yield { position: last, text: String(row?.['text']), isWhole: row?.['whole'] === 1 };
    after = last;
  }
}
