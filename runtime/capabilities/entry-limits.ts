import {
  assertNever,
  durationText,
  isJsonObject,
  type Json,
  type JsonObject,
  parseDuration,
  parseSize,
  sizeText,
} from '../../schemas/index.ts';
import { readQuoted } from './quoted.ts';

/** What a limit counts: bytes (`10MiB`), milliseconds (`2m`), or things. */
export type LimitKind = 'size' | 'duration' | 'count';

/** `limits` of an entry, read: bytes, milliseconds or a number, by key. What it leaves out it doesn't limit. */
export type EntryLimits<Key extends string> = Readonly<Partial<Record<Key, number>>>;

/** The limits that a capability's entries may have. */
export type LimitKinds<Key extends string> = Readonly<
  Record<Key, { readonly kind: LimitKind; readonly description: string }>
>;

const forms: Readonly<Record<LimitKind, string>> = {
  size: 'a size such as 10MiB',
  duration: 'a duration such as 30s',
  count: 'a number from 1 up',
};

/** JSON Schema of an entry's `limits`. */
export function limitsSchema<Key extends string>(kinds: LimitKinds<Key>): JsonObject {
  return {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    description: 'the most that one call may take',
    properties: Object.fromEntries(
      // The keys of a record are of its key type.
      (Object.keys(kinds) as Key[]).map((key) => {
        const { kind, description } = kinds[key];
        return [key, { ...(kind === 'count' ? { type: 'integer', minimum: 1 } : { type: 'string' }), description }];
      }),
    ),
  };
}

/** Reads `limits`; a value that isn't of its kind is a problem, and so is zero, which would allow no call at all. */
export function parseLimits<Key extends string>(
  value: Json | undefined,
  kinds: LimitKinds<Key>,
): { readonly limits: EntryLimits<Key> } | { readonly problem: string } {
  const limits: Partial<Record<Key, number>> = {};
  if (value === undefined) return { limits };
  if (!isJsonObject(value)) return { problem: '`limits` is an object' };
  // As above.
  for (const key of Object.keys(kinds) as Key[]) {
    const given = value[key];
    if (given === undefined) continue;
    const limit = readLimit(given, kinds[key].kind);
    if (limit === undefined || limit <= 0) {
      return { problem: `\`limits.${key}\`: ${JSON.stringify(given)} is not ${forms[kinds[key].kind]}` };
    }
    limits[key] = limit;
  }
  return { limits };
}

/** The least of each, where several entries hold together. */
export function leastLimits<Key extends string>(all: readonly EntryLimits<Key>[]): EntryLimits<Key> {
  const least: Partial<Record<Key, number>> = {};
  for (const limits of all) {
    // Made by parseLimits() from keys of this type.
    for (const [key, limit] of Object.entries(limits) as [Key, number][]) {
      least[key] = Math.min(limit, least[key] ?? limit);
    }
  }
  return least;
}

/** In words, for explain(); undefined where nothing is limited. */
export function explainLimits<Key extends string>(
  limits: EntryLimits<Key>,
  kinds: LimitKinds<Key>,
): string | undefined {
  const parts = (Object.entries(limits) as [Key, number][]).map(([key, limit]) => {
    return `${key} ${limitText(limit, kinds[key].kind)}`;
  });
  return parts.length === 0 ? undefined : `at most ${parts.join(', ')} a call`;
}

function limitText(limit: number, kind: LimitKind): string {
  switch (kind) {
    case 'count':
      return String(limit);
    case 'size':
      return sizeText(limit);
    case 'duration':
      return durationText(limit);
    default:
      return assertNever(kind);
  }
}

function readLimit(given: Json, kind: LimitKind): number | undefined {
  switch (kind) {
    case 'count':
      return typeof given === 'number' && Number.isSafeInteger(given) ? given : undefined;
    case 'size':
      return typeof given === 'string' ? parseSize(readQuoted(given).text) : undefined;
    case 'duration':
      return typeof given === 'string' ? parseDuration(readQuoted(given).text) : undefined;
    default:
      return assertNever(kind);
  }
}
