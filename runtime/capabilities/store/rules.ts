import { isJsonObject, type JsonObject, parseSize } from '../../../schemas/index.ts';
import type { ArchiveBound, Check, KeyPattern, StoreBound } from '../capability.ts';

/** One entry: which keys, and how much may lie under them. */
export interface StoreRule {
  readonly patterns: readonly KeyPattern[];
  readonly quota_bytes: number | undefined;
  readonly quota_keys: number | undefined;
  /** Bytes of archives; undefined: there may be none. */
  readonly archives: number | undefined;
}

/** What holds for one call: each bound counts the keys of its own entry. */
export interface StoreEffective {
  readonly bounds: readonly StoreBound[];
  readonly archives: readonly ArchiveBound[];
}

/** What a call needs: one key, or every key that begins with a prefix. */
export type StoreDemand = ({ readonly key: string } | { readonly prefix: string }) & {
  /** Of archives, not of values. */
  readonly archives?: true;
};

/** Longest key. */
export const maxKeyLength = 256;
/** What a key is made of: no character that means something in a pattern, a path or a terminal. */
export const keyPattern: string = `^[A-Za-z0-9_][A-Za-z0-9._:@/-]{0,${maxKeyLength - 1}}$`;
/** What a prefix is made of; it may be empty, which is all keys. */
export const prefixPattern: string = `^([A-Za-z0-9_][A-Za-z0-9._:@/-]{0,${maxKeyLength - 1}})?$`;

/** Where an entry says no `quota`: room for state, not for data. */
const defaultQuotaBytes: number = 16 * 1024 ** 2;
const defaultQuotaKeys = 10_000;

const isKey = new RegExp(keyPattern);
const isPrefix = new RegExp(prefixPattern);
/** A value stands within one part of a key: with a slash it could stand for several. */
const isQuotable = /^[A-Za-z0-9._:@-]+$/;

/** The form of an entry, for the check and for the documentation. */
export const storeEntrySchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['keys'],
  properties: {
    keys: {
      oneOf: [
        { type: 'string', minLength: 1 },
        { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
      ],
      description: 'Keys that may be read, set and deleted: `last-run`, `cache/*`, `*`.',
    },
    quota: {
      oneOf: [
        { type: 'string' },
        {
          type: 'object',
          additionalProperties: false,
          minProperties: 1,
          properties: {
            bytes: { type: 'string', description: 'Bytes of keys and values: `1MiB`. Default 16MiB.' },
            keys: { type: 'integer', minimum: 0, description: 'Keys. Default 10000.' },
          },
        },
      ],
      description: 'What may lie under the keys of this entry: bytes (`1MiB`), or `{ bytes, keys }`.',
    },
    archives: {
      type: 'string',
      description: 'Lets archives be kept under these keys too, of so many bytes together: `10GiB`.',
    },
  },
};

/** A checked entry to a rule. */
export function parseStoreEntry(entry: JsonObject): { readonly rule: StoreRule } | { readonly problem: string } {
  const { keys, quota, archives } = entry;
  const patterns: KeyPattern[] = [];
  for (const text of Array.isArray(keys) ? keys : [keys]) {
    const pattern = parsePattern(String(text));
    if ('problem' in pattern) return pattern;
    patterns.push(pattern);
  }
  const { bytes, keys: most } = isJsonObject(quota) ? quota : { bytes: quota, keys: undefined };
  const quotaBytes = typeof bytes === 'string' ? parseSize(bytes) : undefined;
  if (bytes !== undefined && quotaBytes === undefined)
    return { problem: `quota: ${JSON.stringify(bytes)} is no size such as 1MiB` };
  const archiveBytes = typeof archives === 'string' ? parseSize(archives) : undefined;
  if (archives !== undefined && archiveBytes === undefined)
    return { problem: `archives: ${JSON.stringify(archives)} is no size such as 10GiB` };
  const quotaKeys = typeof most === 'number' ? most : undefined;
  return { rule: { patterns, quota_bytes: quotaBytes, quota_keys: quotaKeys, archives: archiveBytes } };
}

/** A substituted value is part of a key, never a `*` and never more than one part. */
export function quoteStoreText(
  text: string,
  path: readonly string[],
): { readonly text: string } | { readonly problem: string } {
  if (path[0] === 'quota' || path[0] === 'archives' || isQuotable.test(text)) return { text };
  return { problem: `${JSON.stringify(text)} can't stand in a key: use letters, digits and . _ : @ -` };
}

/** The bounds of every rule that matched: all of them hold. */
export function narrowStoreRules(rules: readonly StoreRule[]): StoreEffective {
  return {
    bounds: rules.map(({ patterns, quota_bytes, quota_keys }) => ({
      patterns,
      bytes: quota_bytes ?? defaultQuotaBytes,
      keys: quota_keys ?? defaultQuotaKeys,
    })),
    archives: rules.map(({ patterns, archives }) => ({ patterns, bytes: archives ?? 0 })),
  };
}

/** A rule in words, as `grants explain` prints it. */
export function explainStoreRule(rule: StoreRule): string {
  return [
    `keep values under ${textOfPatterns(rule.patterns)}`,
    `at most ${rule.quota_bytes ?? defaultQuotaBytes} bytes in ${rule.quota_keys ?? defaultQuotaKeys} keys`,
    ...(rule.archives === undefined ? [] : [`and archives of at most ${rule.archives} bytes`]),
  ].join('; ');
}

/** Whether one rule meets one demand. */
export function checkStoreDemand(rule: StoreRule, demand: StoreDemand): Check {
  if (rule.patterns.some((pattern) => covers(pattern, demand))) {
    if (demand.archives !== true || rule.archives !== undefined) return { matches: true };
    return { matches: false, why: 'it lets no archives be kept there', remedy: 'Say `archives: SIZE` in the entry.' };
  }
  const granted = textOfPatterns(rule.patterns);
  if ('key' in demand) return { matches: false, why: `it covers only ${granted}, not \`${demand.key}\`` };
  return { matches: false, why: `it covers only ${granted}, not all keys that begin with \`${demand.prefix}\`` };
}

/** A list shows every key below its prefix, so a rule that forbids any of these forbids it. */
export function storeRuleDenies(rule: StoreRule, demand: StoreDemand): boolean {
  return rule.patterns.some((pattern) => {
    if (covers(pattern, demand)) return true;
    return 'prefix' in demand && beginningOf(pattern).startsWith(demand.prefix);
  });
}

/** Whether one of the patterns is about this key. */
export function coversKey(patterns: readonly KeyPattern[], key: string): boolean {
  return patterns.some((pattern) => covers(pattern, { key }));
}

/** Patterns as an entry has them, for people. */
export function textOfPatterns(patterns: readonly KeyPattern[]): string {
  return patterns
    .map((pattern) => (pattern.kind === 'key' ? `\`${pattern.key}\`` : `\`${pattern.prefix}*\``))
    .join(', ');
}

function covers(pattern: KeyPattern, demand: StoreDemand): boolean {
  if ('key' in demand)
    return pattern.kind === 'key' ? pattern.key === demand.key : demand.key.startsWith(pattern.prefix);
  return pattern.kind === 'prefix' && demand.prefix.startsWith(pattern.prefix);
}

function beginningOf(pattern: KeyPattern): string {
  return pattern.kind === 'key' ? pattern.key : pattern.prefix;
}

function parsePattern(text: string): KeyPattern | { readonly problem: string } {
  if (text.endsWith('*')) {
    const prefix = text.slice(0, -1);
    if (isPrefix.test(prefix)) return { kind: 'prefix', prefix };
  } else if (isKey.test(text)) return { kind: 'key', key: text };
  return {
    problem: `keys: \`${text}\` is neither a key nor a prefix with \`*\` at its end (letters, digits and . _ : @ / -)`,
  };
}
