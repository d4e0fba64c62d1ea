import { createHash } from 'node:crypto';
import { isJsonObject, type Json } from '../../schemas/index.ts';

/** Longer texts are content (a file, a script, a body), which the record names instead of holding. */
const keptCharacters = 2048;
/** Of all arguments of one call; a guest may make thousands of calls, and each is recorded before it is looked at. */
const keptInAll = 32 * 1024;
/** What a value takes beside its characters: quotes, a comma. */
const overhead = 4;

/** A call's arguments as they are recorded. */
export interface Condensed {
  readonly args: Json;
  /** Of the arguments as JSON, before anything was left out. */
  readonly bytes: number;
  /** Whether a digest stands for a part of them, or for all. */
  readonly truncated: boolean;
}

/**
 * A call's arguments for the record: a long text is replaced by its size and SHA-256, which prove what it was, and so are the
 * arguments as a whole where there are too many. `redact` takes secrets out of what is kept.
 */
export function condense(args: Json, redact: (value: Json) => Json): Condensed {
  const text = JSON.stringify(args);
  const bytes = Buffer.byteLength(text);
  if (remaining(args, keptInAll) < 0) {
    return { args: digestOf(text), bytes, truncated: true };
  }
  const redacted = redact(args);
  // Most calls have nothing long in them, and are kept as they are.
  if (text.length <= keptCharacters) {
    return { args: redacted, bytes, truncated: false };
  }
  let truncated = false;
  const condensed = condenseTexts(redacted, () => {
    truncated = true;
  });
  return { args: condensed, bytes, truncated };
}

function condenseTexts(value: Json, shortened: () => void): Json {
  if (typeof value === 'string') {
    if (value.length <= keptCharacters) {
      return value;
    }
    shortened();
    return digestOf(value);
  }
  if (Array.isArray(value)) {
    return value.map((item: Json) => condenseTexts(item, shortened));
  }
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, condenseTexts(item, shortened)]));
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
