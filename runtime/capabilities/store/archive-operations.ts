import { createHash } from 'node:crypto';
import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import type { Json, JsonObject } from '../../../schemas/index.ts';
import type { Authorized } from '../../grants/api.ts';
import { requireAuthorized } from '../../grants/brand.ts';
import { CallFailure, type CallScope, type KeptArchive, type Operation } from '../capability.ts';
import { oneArchiveAtATime } from '../fs/archive/one-at-a-time.ts';
import { packInto } from '../fs/archive/pack.ts';
import { type SelectionArgs, selectionSchema } from '../fs/archive/selection.ts';
import { unpackFrom } from '../fs/archive/unpack.ts';
import { type FsCall, impliedFsCall, throwIfAborted } from '../fs/operation.ts';
import { meaningOf } from './archives.ts';
import {
  checkStoreDemand,
  keyPattern,
  prefixPattern,
  type StoreDemand,
  type StoreEffective,
  type StoreRule,
  storeRuleDenies,
} from './rules.ts';

type StoreOperation<Args> = Operation<StoreRule, StoreEffective, Args, StoreDemand>;

interface SaveArgs extends SelectionArgs {
  readonly key: string;
  readonly from: string;
  /** False: what is there stays as it is. */
  readonly replace?: boolean;
}

interface LoadArgs {
  readonly key: string;
  readonly to: string;
}

interface SavedArgs {
  readonly prefix?: string;
  readonly limit?: number;
}

const key: JsonObject = { type: 'string', pattern: keyPattern };
const path: JsonObject = { type: 'string', minLength: 1, maxLength: 4096 };
/** What is read at a time to be compared with its digest. */
const digestedBytes: number = 1024 * 1024;
const readCallback = promisify(read);
const defaultListed = 100;
const maxListed = 1000;

/** Packs a folder of the workspace and keeps that under a key, in the place of what was there. */
export const saveOperation: StoreOperation<SaveArgs> = {
  argsSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['key', 'from'],
    properties: { key, from: path, replace: { type: 'boolean' }, ...selectionSchema },
  },
  demands: (args) => [{ key: args.key, archives: true }],
  check: checkStoreDemand,
  denies: storeRuleDenies,
  perform(authorized, scope) {
    requireAuthorized(authorized);
    return oneArchiveAtATime(scope, () => save(authorized, scope));
  },
};

/** Unpacks what is kept under a key into a folder of the workspace, whole or not at all. */
export const loadOperation: StoreOperation<LoadArgs> = {
  argsSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['key', 'to'],
    properties: { key, to: path },
  },
  demands: (args) => [{ key: args.key, archives: true }],
  check: checkStoreDemand,
  denies: storeRuleDenies,
  perform(authorized, scope) {
    requireAuthorized(authorized);
    return oneArchiveAtATime(scope, () => load(authorized, scope));
  },
};

/** What is kept under keys that begin with a prefix, the newest first. */
export const savedOperation: StoreOperation<SavedArgs> = {
  argsSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      prefix: { type: 'string', pattern: prefixPattern },
      limit: { type: 'integer', minimum: 1, maximum: maxListed },
    },
  },
  demands: (args) => [{ prefix: args.prefix ?? '', archives: true }],
  check: checkStoreDemand,
  denies: storeRuleDenies,
  async perform(authorized, scope) {
    requireAuthorized(authorized);
    const { args } = authorized;
    const kept = await scope.archives.list(args.prefix ?? '');
    return kept.slice(0, args.limit ?? defaultListed).map((each) => ({
      key: each.key,
      bytes: each.bytes,
      sha256: each.sha256,
      created_at: new Date(each.created_at_ms).toISOString(),
    }));
  },
};

async function save(authorized: Authorized<SaveArgs, StoreEffective>, scope: CallScope): Promise<Json> {
  const { args, effective } = authorized;
  throwIfAborted(scope);
  const { key: name, replace = true, ...packed } = args;
  const call: FsCall<SelectionArgs & { readonly from: string }> = {
    ...impliedFsCall(authorized, scope, { operation: 'list', args: { path: args.from } }),
    args: packed,
  };
  const most = Math.min(...effective.archives.map(({ bytes }) => bytes));
  const there = replace ? undefined : await scope.archives.look(name);
  if (there !== undefined) return { saved: false, bytes: there.bytes, sha256: there.sha256 };
  const begun = await scope.archives.begin();
  try {
    let written = 0;
    const archive = await packInto(call, {
      fd: begun.fd,
      format: 'tar.zst',
      charge(bytes) {
        written += bytes;
        if (written > most) throw tooLarge(most);
      },
    });
    const room = await begun.keep({ key: name, bytes: archive.bytes, sha256: archive.sha256 }, effective.archives);
    scope.audit.note({ bytes: archive.bytes, sha256: archive.sha256, ...room });
    return { saved: true, ...archive, ...room };
  } catch (cause) {
    throw meaningOf(cause);
  } finally {
    await begun.discard();
  }
}

async function load(authorized: Authorized<LoadArgs, StoreEffective>, scope: CallScope): Promise<Json> {
  const { args } = authorized;
  throwIfAborted(scope);
  const call = impliedFsCall(authorized, scope, { operation: 'mkdir', args: { path: args.to } });
  const kept = await scope.archives.find(args.key);
  if (kept === undefined) return { found: false, damaged: false };
  // Read a second time while it is unpacked: what is damaged costs a step some of its quota, what isn't gets there sooner.
  const confirmed = confirm(kept, scope);
  confirmed.catch(() => undefined);
  try {
    const from = `what is kept under ${args.key}`;
    const { fd, bytes } = kept;
    const unpacked = await unpackFrom({ ...call, args: { from, to: args.to } }, { fd, bytes, confirmed });
    scope.audit.note({ bytes: kept.bytes, sha256: kept.sha256 });
    return {
      found: true,
      ...unpacked,
      archive_bytes: kept.bytes,
      sha256: kept.sha256,
      created_at: new Date(kept.created_at_ms).toISOString(),
    };
  } catch (cause) {
    if (!(cause instanceof DamagedArchive)) throw cause;
    await scope.archives.remove(args.key);
    scope.audit.note({ sha256: kept.sha256, damaged: true });
    return { found: false, damaged: true };
  } finally {
    await confirmed.catch(() => undefined);
    closeSync(kept.fd);
  }
}

/** What was kept is not what was to be kept. */
class DamagedArchive extends Error {}

/** Rejects with DamagedArchive where the content has another digest than it had. */
async function confirm(
  { fd, sha256 }: Pick<KeptArchive, 'sha256'> & { readonly fd: number },
  scope: Pick<CallScope, 'signal'>,
): Promise<void> {
  if ((await digestOf(fd, scope)) !== sha256) throw new DamagedArchive();
}

/** Of the whole file, from its beginning; the descriptor's own position stays where it is. */
async function digestOf(fd: number, scope: Pick<CallScope, 'signal'>): Promise<string> {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafeSlow(digestedBytes);
  for (let position = 0; ; ) {
    const { bytesRead } = await readCallback(fd, piece, 0, piece.length, position);
    throwIfAborted(scope);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(piece.subarray(0, bytesRead));
    position += bytesRead;
  }
}

function tooLarge(most: number): CallFailure {
  return new CallFailure(
    'LIMIT_EXCEEDED',
    `the archive has more than ${most} bytes, all that may be kept under its key`,
    {
      remedy: 'Keep less, or raise `archives` of the store entries.',
    },
  );
}
