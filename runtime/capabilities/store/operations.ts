import type { Json, JsonObject } from '../../../schemas/index.ts';
import { requireAuthorized } from '../../grants/brand.ts';
import { CallFailure, type CallScope, type KeyValueStore, type Operation } from '../capability.ts';
import {
  checkStoreDemand,
  keyPattern,
  prefixPattern,
  type StoreDemand,
  type StoreEffective,
  type StoreRule,
  storeRuleDenies,
} from './rules.ts';

/** The largest value, as JSON. What is larger belongs into a file. */
export const maxValueBytes: number = 64 * 1024;
/** Ten years: what lives longer needs no end. */
const maxTtlMs = 315_360_000_000;
const defaultListed = 100;
const maxListed = 1000;

type StoreOperation<Args> = Operation<StoreRule, StoreEffective, Args, StoreDemand>;

interface KeyArgs {
  readonly key: string;
}

interface SetArgs extends KeyArgs {
  readonly value: Json;
  readonly ttl_ms?: number;
}

interface CompareAndSetArgs extends SetArgs {
  readonly expected: number | null;
}

interface DeleteArgs extends KeyArgs {
  readonly expected?: number;
}

interface ListArgs {
  readonly prefix?: string;
  readonly cursor?: string;
  readonly limit?: number;
}

const key: JsonObject = { type: 'string', pattern: keyPattern };
const version: JsonObject = { type: 'integer', minimum: 1 };
const written: JsonObject = { key, value: {}, ttl_ms: { type: 'integer', minimum: 1, maximum: maxTtlMs } };

/** A value with its version, or null. */
export const getOperation: StoreOperation<KeyArgs> = storeOperation<KeyArgs>({
  required: ['key'],
  properties: { key },
  demand: keyOf,
  async perform({ args, store }) {
    const found = await store.get(args.key);
    if (found === undefined) return null;
    const { value, version: at, expires_at_ms } = found;
    return { value, version: at, expires_at: expires_at_ms === null ? null : new Date(expires_at_ms).toISOString() };
  },
});

/** Sets a value, whatever was there. */
export const setOperation: StoreOperation<SetArgs> = storeOperation<SetArgs>({
  required: ['key', 'value'],
  properties: written,
  demand: keyOf,
  async perform({ args, store, bounds }) {
    const outcome = await store.set({ ...textOf(args), expected: undefined }, bounds);
    return { version: outcome.version };
  },
});

/** Sets a value only if what is there has that version; `null`: only if nothing is there. */
export const compareAndSetOperation: StoreOperation<CompareAndSetArgs> = storeOperation<CompareAndSetArgs>({
  required: ['key', 'expected', 'value'],
  properties: { ...written, expected: { oneOf: [version, { type: 'null' }] } },
  demand: keyOf,
  async perform({ args, store, bounds }) {
    const outcome = await store.set({ ...textOf(args), expected: args.expected }, bounds);
    return { swapped: outcome.kind === 'set', version: outcome.version };
  },
});

/** Deletes a key, if it has the expected version where one is expected; says whether it did. */
export const deleteOperation: StoreOperation<DeleteArgs> = storeOperation<DeleteArgs>({
  required: ['key'],
  properties: { key, expected: version },
  demand: keyOf,
  perform: ({ args, store }) => store.delete(args.key, args.expected),
});

/** Keys that begin with a prefix, in their order, page by page. */
export const listOperation: StoreOperation<ListArgs> = storeOperation<ListArgs>({
  required: [],
  properties: {
    prefix: { type: 'string', pattern: prefixPattern },
    cursor: key,
    limit: { type: 'integer', minimum: 1, maximum: maxListed },
  },
  demand: (args) => ({ prefix: args.prefix ?? '' }),
  async perform({ args, store }) {
    const limit = args.limit ?? defaultListed;
    const keys = await store.list(args.prefix ?? '', { limit: limit + 1, after: args.cursor ?? '' });
    const shown = keys.slice(0, limit);
    return {
      keys: shown.map((each) => ({ ...each })),
      cursor: keys.length > limit ? (shown.at(-1)?.key ?? null) : null,
    };
  },
});

interface Parts<Args> {
  readonly required: readonly string[];
  readonly properties: JsonObject;
  readonly demand: (args: Args) => StoreDemand;
  readonly perform: (call: {
    readonly args: Args;
    readonly store: KeyValueStore;
    readonly bounds: StoreEffective['bounds'];
  }) => Promise<Json>;
}

/** Puts around each operation what all of them need: the brand, the check, and the scope's own store. */
function storeOperation<Args>({ required, properties, demand, perform }: Parts<Args>): StoreOperation<Args> {
  return {
    argsSchema: { type: 'object', additionalProperties: false, required, properties },
    demands: (args) => [demand(args)],
    check: checkStoreDemand,
    denies: storeRuleDenies,
    perform(authorized, scope: CallScope) {
      requireAuthorized(authorized);
      return perform({ args: authorized.args, store: scope.store, bounds: authorized.effective.bounds });
    },
  };
}

function keyOf(args: KeyArgs): StoreDemand {
  return { key: args.key };
}

/** The value as the text that is kept: a placeholder of a secret stays the placeholder that the guest gave. */
function textOf({ key: name, value, ttl_ms }: SetArgs): {
  readonly key: string;
  readonly text: string;
  readonly ttl_ms: number | undefined;
} {
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > maxValueBytes) {
    throw new CallFailure(
      'LIMIT_EXCEEDED',
      `the value is ${bytes} bytes of JSON, and a value has at most ${maxValueBytes}`,
      {
        remedy: 'Keep it in a file, or in parts.',
      },
    );
  }
  return { key: name, text, ttl_ms };
}
