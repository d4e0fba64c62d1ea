import type { Json, JsonObject } from '../../../schemas/index.ts';
import type { Authorized } from '../../grants/api.ts';
import { requireAuthorized } from '../../grants/brand.ts';
import { CallFailure, type CallScope, type Operation } from '../capability.ts';
import { errorCode } from './descriptor-folder.ts';
import { splitPath } from './path.ts';
import { checkFsDemand, type FsDemand, type FsEffective, type FsRule, fsRuleDenies } from './rules.ts';

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

/** The names of a path that check() let through. */
export function namesOf(path: string): readonly string[] {
  const split = splitPath(path);
  if ('problem' in split) throw new CallFailure('INVALID_ARGUMENTS', split.problem);
  return split.names;
}

/** Counts bytes to be written against the quota, before they are written, whichever capability writes them. */
export function chargeQuota(call: FsEffective & { readonly scope: Pick<CallScope, 'usage'> }, bytes: number): void {
  const used = (call.scope.usage.get(writtenCounter) ?? 0) + bytes;
  if (used > call.quota_bytes) {
    throw new CallFailure(
      'LIMIT_EXCEEDED',
      `the step may write ${call.quota_bytes} bytes, and this would make ${used}`,
    );
  }
  call.scope.usage.set(writtenCounter, used);
}

/** Ends a long walk or copy when the invocation ends. */
export function throwIfAborted(scope: Pick<CallScope, 'signal'>): void {
  if (scope.signal.aborted) throw new CallFailure('CANCELLED', 'the step is being cancelled');
}

const writtenCounter = 'fs bytes written';

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
    quota_bytes: authorized.effective.quota_bytes,
    allows: (demand) => authorized.recheck(demand).kind === 'allowed',
    require(demand) {
      const answer = authorized.recheck(demand);
      if (answer.kind === 'allowed') return;
      const { message, rule, remedy } = answer.denial;
      throw new CallFailure('DENIED', message, { rule, remedy });
    },
  };
}

function failureOf(cause: unknown, subject: string): unknown {
  const code = errorCode(cause);
  if (cause instanceof CallFailure || code === undefined) return cause;
  if (code === 'ENOENT') return new CallFailure('NOT_FOUND', `${subject} does not exist`);
  return new CallFailure('FAILED', `${subject}: ${meanings[code] ?? code}`);
}

function subjectOf(demands: readonly FsDemand[]): string {
  return [...new Set(demands.map((demand) => `\`${demand.path}\``))].join(' and ');
}
