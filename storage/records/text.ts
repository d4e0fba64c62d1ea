import { createHash } from 'node:crypto';
import type { Digest, JsonObject } from '../../schemas/index.ts';
import type { SqlRow, SqlValue } from './sql.ts';

// PostgreSQL keeps no NUL in text, SQLite's functions stop at it, and UTF-8 has no lone surrogates. JSON holds no control
// characters, so documents are kept as they are.
const nul = '\0';
const mark = '\u0001';
const markedMark = `${mark}\u0001`;
const markedNul = `${mark}\u0002`;
const markedSurrogate = `${mark}\u0003`;
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A value as databases can keep it, whatever is in it. {@link fromStored} is its inverse. */
export function toStored(value: SqlValue): SqlValue {
  if (typeof value !== 'string') return value;
  let text = value;
  if (text.includes(mark)) text = text.replaceAll(mark, markedMark);
  if (text.includes(nul)) text = text.replaceAll(nul, markedNul);
  if (text.isWellFormed()) return text;
  return text.replaceAll(loneSurrogate, (unit) => `${markedSurrogate}${unit.charCodeAt(0).toString(16)}`);
}

/** A row as it was written. */
export function fromStored(row: SqlRow): SqlRow {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, typeof value === 'string' ? unmarked(value) : value]),
  );
}

function unmarked(text: string): string {
  if (!text.includes(mark)) return text;
  let result = '';
  for (let position = 0; position < text.length; position += 1) {
    if (text[position] !== mark) {
      result += text[position];
      continue;
    }
    position += 1;
    const pair = `${mark}${text[position] ?? ''}`;
    if (pair === markedSurrogate) {
      result += String.fromCharCode(Number.parseInt(text.slice(position + 1, position + 5), 16));
      position += 4;
    } else {
      result += pair === markedNul ? nul : mark;
    }
  }
  return result;
}

/** As texts are compared where case doesn't matter. */
export function folded(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** A short key for texts of any length: indexes of PostgreSQL take 2,704 bytes. */
export function keyOf(...texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex');
}

/** A column's text. */
export function textFrom(row: SqlRow, column: string): string {
  return String(row[column]);
}

/** A column's number; PostgreSQL gives those of 64 bits as text. */
export function numberFrom(row: SqlRow, column: string): number {
  return Number(row[column]);
}

/** A column's digest. Only this program writes there. */
export function digestFrom(row: SqlRow, column: string): Digest {
  return textFrom(row, column) as Digest;
}

/** A column's document, an object. Only this program writes there. */
export function jsonFrom(row: SqlRow, column: string): JsonObject {
  return JSON.parse(textFrom(row, column)) as JsonObject;
}

/** `{ [key]: … }` where the column holds something, else nothing, for optional properties. */
export function optional<Key extends string, Value>(
  row: SqlRow,
  column: Key,
  read: (row: SqlRow, column: string) => Value,
): Partial<Record<Key, Value>> {
  if (row[column] === null || row[column] === undefined) return {};
  // The key is the column's name; TypeScript widens computed keys to string.
  return { [column]: read(row, column) } as Record<Key, Value>;
}
