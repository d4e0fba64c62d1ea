import { isUtf8 } from 'node:buffer';
import { hash as hashOnce } from 'node:crypto';
import type { Json, JsonObject } from '../../schemas/index.ts';

/**
 * How an entry lies in the file: one line of JSON that begins with `sequence` and `previous` and ends with `hash`, the
 * SHA-256 of the line's bytes without that last field. So every byte counts, whatever a JSON parser would make of it.
 */
export interface ChainedEntry {
  readonly sequence: number;
  /** The hash of the line before; 64 zeros for the first. */
  readonly previous: string;
  readonly kind: string;
  readonly hash: string;
  readonly fields: JsonObject;
}

/** What the first line comes after. */
export const genesis: string = '0'.repeat(64);

const trailer = /^,"hash":"([0-9a-f]{64})"\}$/u;
const trailerBytes = ',"hash":""}'.length + genesis.length;

/** A line (without its newline) and its hash. */
export function encodeEntry(
  position: { readonly sequence: number; readonly previous: string },
  fields: { readonly kind: string } & Readonly<Record<string, Json | undefined>>,
): { readonly line: string; readonly hash: string } {
  // As one object's text, without making it: `previous` is a hash, and there is always a kind.
  const body = `{"sequence":${position.sequence},"previous":"${position.previous}",${JSON.stringify(fields).slice(1)}`;
  const hash = hashOnce('sha256', body, 'hex');
  return { line: `${body.slice(0, -1)},"hash":"${hash}"}`, hash };
}

/** Reads a line and checks its own hash; a problem says what is wrong with it by itself. */
export function decodeEntry(line: Buffer): { readonly entry: ChainedEntry } | { readonly problem: string } {
  const hash = trailer.exec(line.toString('latin1', Math.max(0, line.length - trailerBytes)))?.[1];
  if (hash === undefined) return { problem: 'it does not end with a hash' };
  // Hashed as bytes: what isn't UTF-8 would decode to the same replacement character.
  const body = Buffer.concat([line.subarray(0, line.length - trailerBytes), closingBrace]);
  if (hashOnce('sha256', body, 'hex') !== hash) return { problem: 'its hash does not match what it says' };
  const text = line.toString('utf8');
  const fields = parseObject(text);
  const sequence = fields?.['sequence'];
  const previous = fields?.['previous'];
  const kind = fields?.['kind'];
  if (
    fields === undefined ||
    typeof sequence !== 'number' ||
    typeof previous !== 'string' ||
    typeof kind !== 'string'
  ) {
    return { problem: 'it is not an audit entry' };
  }
  // Two readers could otherwise see two things in one line: a key that stands twice, a number beyond the exact ones.
  if (!isUtf8(line) || JSON.stringify(fields) !== text) return { problem: 'it is not written as the agent writes' };
  return { entry: { sequence, previous, kind, hash, fields } };
}

/**
 * Whether bytes are what is left of the entry at this position when a power failure or a kill cut it off: a beginning of it, of
 * which a file system may have kept the length and not the end.
 */
export function isTornEntry(
  bytes: Buffer,
  position: { readonly sequence: number; readonly previous: string },
): boolean {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  const beginning = Buffer.from(`{"sequence":${position.sequence},"previous":"${position.previous}","kind":"`);
  const shared = Math.min(end, beginning.length);
  return bytes.subarray(0, shared).equals(beginning.subarray(0, shared)) && !bytes.subarray(shared, end).includes(0);
}

const closingBrace = Buffer.from('}');

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // JSON.parse gives nothing but JSON values.
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
