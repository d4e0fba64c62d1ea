import { createHash } from 'node:crypto';
import { isJsonObject, type Json } from '../../schemas/index.ts';

/** Longer texts are content (a file, a script, a body), which the record names instead of holding. */
const keptCharacters = 2048;

/** A call's arguments for the record: a long text is replaced by its size and SHA-256, which prove what it was. */
export function condense(value: Json): Json {
  if (typeof value === 'string') {
    return value.length > keptCharacters
      ? { sha256: createHash('sha256').update(value).digest('hex'), bytes: Buffer.byteLength(value) }
      : value;
  }
  if (Array.isArray(value)) {
    return value.map((item: Json) => condense(item));
  }
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, condense(item)]));
  }
  return value;
}
