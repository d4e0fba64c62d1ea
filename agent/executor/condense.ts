import { createHash } from 'node:crypto';
import { isJsonObject, type Json } from '../../schemas/index.ts';
import { mayHide } from '../redaction/index.ts';

/** Longer texts are content (a file, a script, a body), which the record names instead of holding. */
const keptCharacters = 2048;
/** Of all arguments of one call; a guest may make thousands of calls, and each is recorded before it is looked at. */
const keptInAll = 32 * 1024;
/** Of a longer text its beginning and its end, each. */
const keptOfLong = 200;
/** Of calls with more arguments than that in all: so many of them, each with so many characters. No call that exists has as many. */
const keptFields = 40;
const keptOfField = 500;
/** What a value takes beside its characters: quotes, a comma. */
const overhead = 4;

/**
 * Of text with characters that aren't shown, all of one call: looking for secrets in it takes some 400 nanoseconds for a character, and
 * the agent does nothing else then. Of more only size and digest are kept.
 */
const keptWithHidden = 64 * 1024;

/** A call's arguments as they are recorded. */
export interface Condensed {
  readonly args: Json;
  /** Of the arguments as JSON, before anything was left out. */
  readonly bytes: number;
  /** Whether a digest stands for a part of them, or for all. */
  readonly truncated: boolean;
}

/**
 * A call's arguments for the record: a long text is replaced by its size and SHA-256, which prove what it was, and by its beginning
 * and end. Where there are too many arguments, each that is no short text is replaced so, and where there are too many of those, too, all
 * of them together. `redact` takes secrets out of what is kept.
 */
export function condense(args: Json, redact: (value: Json) => Json): Condensed {
  const text = JSON.stringify(args);
  const bytes = Buffer.byteLength(text);
  if (remaining(args, keptInAll) < 0) {
    const spare = sparing(redact);
    return { args: condenseFields(args, spare) ?? digestOf(text, spare), bytes, truncated: true };
  }
  const isCostly = costly();
  let leftOut = false;
  const redacted = redact(
    withoutCostly(args, (one) => {
      const isOne = isCostly(one);
      leftOut ||= isOne;
      return isOne;
    }),
  );
  // Most calls have nothing long in them, and are kept as they are.
  if (text.length <= keptCharacters) {
    return { args: redacted, bytes, truncated: false };
  }
  let truncated = false;
  const condensed = condenseTexts(redacted, () => {
    truncated = true;
  });
  return { args: condensed, bytes, truncated: truncated || leftOut };
}

/** Says of one text after another of a call whether it is one too many to look through. */
function costly(): (text: string) => boolean {
  let left = keptWithHidden;
  return (text) => {
    if (text.length <= keptCharacters || !mayHide(text)) {
      return false;
    }
    left -= text.length;
    return left < 0;
  };
}

/** Leaves out what would be costly. */
function sparing(redact: (value: Json) => Json): (value: Json) => Json {
  const isCostly = costly();
  return (value) => (typeof value === 'string' && isCostly(value) ? '' : redact(value));
}

/** Puts size and digest in the place of what would be costly. */
function withoutCostly(value: Json, isCostly: (text: string) => boolean): Json {
  if (typeof value === 'string') {
    return isCostly(value) ? digestOf(value, () => '') : value;
  }
  if (Array.isArray(value)) {
    return value.map((item: Json) => withoutCostly(item, isCostly));
  }
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutCostly(item, isCostly)]));
  }
  return value;
}

/** The arguments one by one, so that padding one of them hides none of the others; undefined where there are too many. */
function condenseFields(args: Json, redact: (value: Json) => Json): Json | undefined {
  if (!isJsonObject(args)) {
    return undefined;
  }
  const fields = Object.entries(args);
  if (fields.length > keptFields) {
    return undefined;
  }
  return Object.fromEntries(
    fields.map(([key, value]) => {
      const isShort = typeof value !== 'object' && JSON.stringify(value).length <= keptOfField;
      const redacted = redact(key);
      const name = typeof redacted === 'string' ? redacted : '';
      return [
        name.length > keptOfField ? `${name.slice(0, keptOfField)}…` : name,
        isShort ? redact(value) : digestOf(JSON.stringify(value), redact),
      ];
    }),
  );
}

function condenseTexts(value: Json, shortened: () => void): Json {
  if (typeof value === 'string') {
    if (value.length <= keptCharacters) {
      return value;
    }
    shortened();
    // It was redacted already.
    return digestOf(value, (text) => text);
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

function digestOf(text: string, redact: (value: Json) => Json): Json {
  const shown = redact(text);
  const kept = typeof shown === 'string' ? shown : '';
  return {
    sha256: createHash('sha256').update(text).digest('hex'),
    bytes: Buffer.byteLength(text),
    begins: kept.slice(0, keptOfLong).toWellFormed(),
    ends: kept.slice(-keptOfLong).toWellFormed(),
  };
}
