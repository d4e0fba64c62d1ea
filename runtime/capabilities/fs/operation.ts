import type { Json, JsonObject } from '../../../schemas/index.ts';
import type { Authorized } from '../../grants/api.ts';
import { requireAuthorized } from '../../grants/brand.ts';
import { CallFailure, type CallScope, type Operation } from '../capability.ts';
import { errorCode } from './descriptor-folder.ts';
import { splitPath } from './path.ts';
import { checkFsDemand, type FsDemand, type FsEffective, type FsRule, fsRuleDenies } from './rules.ts';
import type { FolderMaker } from './workspace.ts';

/** An operation of this capability, as its file defines it. */
export interface FsOperationParts<Args> {
  readonly argsSchema: JsonObject;
  readonly demands: (args: Args) => readonly FsDemand[];
  readonly perform: (call: FsCall<Args>) => Promise<Json>;
}

/** A call under way. */
export interface FsCall<Args> {
  readonly args: Args;
  readonly scope: CallScope;
  readonly quota_bytes: number;
  readonly quota_files: number;
  /** Throws the denial, unless the grant meets this demand too. */
  require(demand: FsDemand): void;
  /** Whether the grant meets this demand too. */
  allows(demand: FsDemand): boolean;
}

export type FsOperation<Args> = Operation<FsRule, FsEffective, Args, FsDemand>;

/** Puts around each operation what all of them need: the brand, the check, and errors without the agent's own paths. */
export function fsOperation<Args extends object>(parts: FsOperationParts<Args>): FsOperation<Args> {
  return {
    argsSchema: parts.argsSchema,
    demands: parts.demands,
    check: checkFsDemand,
    denies: fsRuleDenies,
    async perform(authorized, scope) {
      requireAuthorized(authorized);
      try {
        return await parts.perform(callOf(authorized, scope));
      } catch (cause) {
        throw failureOf(cause, subjectOf(parts.demands(authorized.args)));
      }
    },
  };
}

/** A call of fs that another capability's call implies, with what the same grant says of it. Throws the denial. */
export function impliedFsCall(
  asking: Pick<Authorized, 'implied'>,
  scope: CallScope,
  { operation, args }: { readonly operation: 'list' | 'mkdir'; readonly args: { readonly path: string } },
): Omit<FsCall<never>, 'args'> {
  const answer = asking.implied({ capability: 'fs', operation, args });
  // What is asked for is an operation of fs.
  if (answer.kind === 'allowed') return callOf(answer.authorized as Authorized<never, FsEffective>, scope);
  const { message, rule, remedy } = answer.denial;
  throw new CallFailure('DENIED', message, { rule, remedy });
}

/** The names of a path that check() let through. */
export function namesOf(path: string): readonly string[] {
  const split = splitPath(path);
  if ('problem' in split) throw new CallFailure('INVALID_ARGUMENTS', split.problem);
  return split.names;
}

/** Whose quota something is charged to, whichever capability writes it. */
export type Charged = FsEffective & { readonly scope: Pick<CallScope, 'usage'> };

/** Counts bytes against the quota, before they are written. */
export function chargeQuota(call: Charged, bytes: number): void {
  charge(call, { counter: writtenCounter, by: bytes, most: call.quota_bytes, what: 'bytes' });
}

/** Counts a file, folder or link against the quota, before it is begun; one that replaces another counts too. */
export function chargeFile(call: Charged): void {
  charge(call, { counter: filesCounter, by: 1, most: call.quota_files, what: 'files and folders' });
}

/** Makes folders on the way, each charged to the call. */
export function makerFor(call: Charged): FolderMaker {
  return { making: () => chargeFile(call) };
}

function charge(
  { scope }: Charged,
  {
    counter,
    by,
    most,
    what,
  }: { readonly counter: string; readonly by: number; readonly most: number; readonly what: string },
): void {
  const used = (scope.usage.get(counter) ?? 0) + by;
  if (used > most) {
    throw new CallFailure('LIMIT_EXCEEDED', `the step may write ${most} ${what}, and this would make ${used}`, {
      remedy: 'Raise `quota` of the fs entries, or write less.',
    });
  }
  scope.usage.set(counter, used);
}

/** Ends a long walk or copy when the invocation ends. */
export function throwIfAborted(scope: Pick<CallScope, 'signal'>): void {
  if (scope.signal.aborted) throw new CallFailure('CANCELLED', 'the step is being cancelled');
}

/**
 * What a step looks at and removes while it is being cancelled is what it leaves in order: that isn't given up, until nothing may go on any
 * more because the grace is over or the step was killed.
 */
export function evenWhenCancelled(scope: Pick<CallScope, 'signal' | 'kill'>): Pick<CallScope, 'signal'> {
  return scope.signal.aborted ? { signal: scope.kill ?? new AbortController().signal } : scope;
}

const writtenCounter = 'fs bytes written';
const filesCounter = 'fs files written';

/** What the system's errors mean to a guest. Others keep their name; none of them shows where the workspace lies. */
const meanings: Readonly<Record<string, string>> = {
  EACCES: "the agent's user may not do that",
  EPERM: "the agent's user may not do that",
  EEXIST: 'something of that name is already there',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a name on the way is not a folder',
  ENOTEMPTY: 'the folder is not empty',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'a name is too long',
  EMFILE: 'the agent has too many files open',
  EXDEV: 'the two places are on different file systems',
  EINVAL: 'the system refuses that name or place',
};

function callOf<Args>(authorized: Authorized<Args, FsEffective>, scope: CallScope): FsCall<Args> {
  return {
    args: authorized.args,
    scope,
    ...authorized.effective,
    allows: (demand) => authorized.recheck(demand).kind === 'allowed',
    require(demand) {
      const answer = authorized.recheck(demand);
      if (answer.kind === 'allowed') return;
      const { message, rule, remedy } = answer.denial;
      throw new CallFailure('DENIED', message, { rule, remedy });
    },
  };
}

/** What the system's error means to a guest; other errors as they are. */
export function failureOf(cause: unknown, subject: string): unknown {
  const code = errorCode(cause);
  if (cause instanceof CallFailure || code === undefined) return cause;
  if (code === 'ENOENT') return new CallFailure('NOT_FOUND', `${subject} does not exist`);
  return new CallFailure('FAILED', `${subject}: ${meanings[code] ?? code}`);
}

function subjectOf(demands: readonly FsDemand[]): string {
  return [...new Set(demands.map((demand) => `\`${demand.path}\``))].join(' and ');
}
