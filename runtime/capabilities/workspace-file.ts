import { write } from 'node:fs';
import { promisify } from 'node:util';
import type { Authorized } from '../grants/api.ts';
import { CallFailure, type CallScope } from './capability.ts';
import { errorCode } from './fs/descriptor-folder.ts';
import type { Folder } from './fs/folder.ts';
import { chargeFile, chargeQuota, makerFor, namesOf } from './fs/operation.ts';
import type { FsEffective } from './fs/rules.ts';
import { openFile, openFolder, type Replacement, startReplacement } from './fs/workspace.ts';

/**
 * Workspace files that a call of another capability reads or writes for the guest. They need what fs needs for the same file,
 * so that neither net nor exec is a way around it.
 */
type Asking = Pick<Authorized, 'implied'>;
type Workspace = Pick<CallScope, 'workspace'>;

const writeBytes = promisify(write);

/** A workspace file that is being written; it appears at once and whole when committed, or not at all. */
export interface WorkspaceOutput {
  write(bytes: Uint8Array): Promise<void>;
  commit(): void;
  /** Does nothing once it is settled. */
  discard(): void;
}

/** Opens a workspace file to read; the caller closes the descriptor. */
export function openWorkspaceInput(
  asking: Asking,
  scope: Workspace,
  path: string,
): { readonly fd: number; readonly bytes: number } {
  requireImplied(asking, { capability: 'fs', operation: 'read', args: { path } });
  return withoutOwnPaths(path, () => openFile(scope.workspace, namesOf(path), 'read'));
}

/** Refuses unless the file may be written, before anything is done for its sake. */
export function requireWorkspaceOutput(asking: Asking, path: string): FsEffective {
  return requireImplied(asking, { capability: 'fs', operation: 'write', args: { path, content: '' } });
}

/** Begins a workspace file, with the folders that it lies in. What is written counts against the quota of fs. */
export function startWorkspaceOutput(
  asking: Asking,
  scope: Workspace & Pick<CallScope, 'usage'>,
  path: string,
): WorkspaceOutput {
  const charged = { ...requireWorkspaceOutput(asking, path), scope };
  const names = namesOf(path);
  const name = names.at(-1);
  if (name === undefined) throw new CallFailure('INVALID_ARGUMENTS', `\`${path}\` is the workspace itself`);
  return withoutOwnPaths(path, () => {
    chargeFile(charged);
    const folder = openFolder(scope.workspace, names.slice(0, -1), makerFor(charged));
    const replacement = startOrDispose(folder, name);
    let settled = false;
    return {
      async write(bytes) {
        chargeQuota(charged, bytes.length);
        try {
          for (let done = 0; done < bytes.length; ) {
            done += (await writeBytes(replacement.fd, bytes, done, bytes.length - done)).bytesWritten;
          }
        } catch (cause) {
          throw failureOf(cause, path);
        }
      },
      commit() {
        settled = true;
        using _held = folder;
        withoutOwnPaths(path, () => replacement.commit());
      },
      discard() {
        if (settled) return;
        settled = true;
        using _held = folder;
        replacement.discard();
      },
    };
  });
}

function startOrDispose(folder: Folder, name: string): Replacement {
  try {
    return startReplacement(folder, name, 0o666);
  } catch (cause) {
    folder[Symbol.dispose]();
    throw cause;
  }
}

function requireImplied(asking: Asking, call: Parameters<Authorized['implied']>[0]): FsEffective {
  const answer = asking.implied(call);
  // Every call that is asked for here is one of fs.
  if (answer.kind === 'allowed') return answer.effective as FsEffective;
  const { message, rule, remedy } = answer.denial;
  throw new CallFailure('DENIED', message, { rule, remedy });
}

function withoutOwnPaths<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    throw failureOf(cause, path);
  }
}

/** The system's errors name paths of the agent; the guest sees its own path and the system's code. */
function failureOf(cause: unknown, path: string): unknown {
  const code = errorCode(cause);
  if (cause instanceof CallFailure || code === undefined) return cause;
  if (code === 'ENOENT') return new CallFailure('NOT_FOUND', `\`${path}\` does not exist`);
  return new CallFailure('FAILED', `\`${path}\`: ${code === 'ENOSPC' ? 'the disk is full' : code}`);
}
