import { createHash } from 'node:crypto';
import { isJsonObject, type Json } from '../../schemas/index.ts';

/** Longer texts are content (a file, a script, a body), which the record names instead of holding. */
const keptCharacters = 2048;
/** Of all arguments of one call; a guest may make thousands of calls, and each is recorded before it is looked at. */
const keptInAll = 32 * 1024;
/** What a value takes beside its characters: quotes, a comma. */
const overhead = 4;

/**
 * A call's arguments for the record: a long text is replaced by its size and SHA-256, which prove what it was, and so are the
 * arguments as a whole where there are too many. `redact` takes secrets out of what is kept.
 */
export function condense(args: Json, redact: (value: Json) => Json): Json {
  return remaining(args, keptInAll) < 0 ? digestOf(JSON.stringify(args)) : condenseTexts(redact(args));
}

function condenseTexts(value: Json): Json {
  if (typeof value === 'string') {
    return value.length > keptCharacters ? digestOf(value) : value;
  }
  if (Array.isArray(value)) {
    return value.map((item: Json) => condenseTexts(item));
  }
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, condenseTexts(item)]));
  }
  return value;
}

/** What is left of the characters when the value is kept; looks no further once that is less than nothing. */
function remaining(value: Json, characters: number): number {
  let left = characters - overhead;
  if (typeof value === 'string') {
    return left - (value.length > keptCharacters ? 0 : value.length);
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && left >= 0; index += 1) {
      left = remaining(value[index] ?? null, left);
    }
  } else if (isJsonObject(value)) {
    for (const key in value) {
      if (left < 0) {
        break;
      }
      left = remaining(value[key] ?? null, left - key.length);
    }
  }
  return left;
}

function digestOf(text: string): Json {
  return { sha256: createHash('sha256').update(text).digest('hex'), bytes: Buffer.byteLength(text) };
}
