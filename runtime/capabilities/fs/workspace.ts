import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, constants as open, openSync, renameSync, rmSync } from 'node:fs';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import { errorCode, openDescriptorFolder } from './descriptor-folder.ts';
import type { Entry, Folder } from './folder.ts';
import { openPathFolder } from './path-folder.ts';

/** Most folders that a path may go down; each is a descriptor while a tree is walked. */
export const maxDepth = 128;

/** The workspace itself. Its own path is the agent's, so links in that are followed. */
export function openWorkspace(workspace: AbsolutePath): Folder {
  hasDescriptorPaths ??= existsSync('/proc/self/fd');
  return hasDescriptorPaths ? openDescriptorFolder(workspace) : openPathFolder(workspace);
}

/** Doesn't change while a process lives. */
let hasDescriptorPaths: boolean | undefined;

/** Makes folders that aren't there; told of each one before it is made, e.g. to charge it to a quota, so it may throw. */
export interface FolderMaker {
  making(): void;
}

/** The folder at `names` below the workspace, which the caller disposes of. A maker makes what isn't there. */
export function openFolder(workspace: AbsolutePath, names: readonly string[], missing: FolderMaker | 'fail'): Folder {
  if (names.length > maxDepth) throw new CallFailure('LIMIT_EXCEEDED', `paths go down at most ${maxDepth} folders`);
  let folder = openWorkspace(workspace);
  for (const [index, name] of names.entries()) {
    using parent = folder;
    const path = names.slice(0, index + 1).join('/');
    using entry = requireNoLink(parent.entry(name) ?? makeFolder(parent, name, missing), path);
    if (!entry.stats.isDirectory()) throw new CallFailure('FAILED', `\`${path}\` is not a folder`);
    folder = entry.intoFolder();
  }
  return folder;
}

/** What is at `names`, or undefined; the folders on the way must be folders, or be missing too. */
export function findEntry(workspace: AbsolutePath, names: readonly string[]): Entry | undefined {
  try {
    using parent = openFolder(workspace, names.slice(0, -1), 'fail');
    return parent.entry(names.at(-1) ?? '.');
  } catch (cause) {
    if (cause instanceof CallFailure && cause.code === 'NOT_FOUND') return undefined;
    throw cause;
  }
}

/** The entry of that name, which must be there and must not be a symbolic link. `path` is for messages. */
export function requireEntry(folder: Folder, name: string, path: string): Entry {
  return requireNoLink(folder.entry(name), path);
}

function requireNoLink(entry: Entry | undefined, path: string): Entry {
  if (entry === undefined) throw new CallFailure('NOT_FOUND', `\`${path}\` does not exist`);
  if (!entry.stats.isSymbolicLink()) return entry;
  entry[Symbol.dispose]();
  throw new CallFailure('DENIED', `\`${path}\` is a symbolic link`, {
    rule: 'links are never followed',
    remedy: 'Name the file or folder itself instead of the link to it.',
  });
}

/** A descriptor, and what the file was when it was opened. */
interface OpenFile {
  readonly fd: number;
  readonly bytes: number;
  readonly mode: number;
}

/**
 * A descriptor to read or append to the file at `names`; the caller closes it. It must be an ordinary file with this one
 * name: a device, a FIFO or a file that a hard link also puts elsewhere is refused.
 */
export function openFile(workspace: AbsolutePath, names: readonly string[], access: 'read' | 'append'): OpenFile {
  const path = names.join('/') || '.';
  using parent = openFolder(workspace, names.slice(0, -1), 'fail');
  return openFileIn(parent, names.at(-1) ?? '.', { access, path });
}

/** The same of a file in a folder that is open. `path` is for messages. */
export function openFileIn(
  folder: Folder,
  name: string,
  { access, path }: { readonly access: 'read' | 'append'; readonly path: string },
): OpenFile {
  using entry = requireEntry(folder, name, path);
  requireOrdinary(entry, path);
  const fd = entry.open(access === 'read' ? open.O_RDONLY : open.O_WRONLY | open.O_APPEND);
  return { fd, bytes: entry.stats.size, mode: entry.stats.mode };
}

/** Refuses what isn't an ordinary file with exactly one name. */
export function requireOrdinary(entry: Entry, path: string): void {
  if (entry.stats.isDirectory()) throw new CallFailure('FAILED', `\`${path}\` is a folder`);
  if (!entry.stats.isFile()) {
    throw new CallFailure('DENIED', `\`${path}\` is neither a file nor a folder`, {
      rule: 'devices, FIFOs and sockets are never opened',
      remedy: 'Name an ordinary file.',
    });
  }
  if (entry.stats.nlink > 1) {
    throw new CallFailure('DENIED', `\`${path}\` has ${entry.stats.nlink} names (hard links)`, {
      rule: 'a file that may also lie outside the workspace is never opened',
      remedy: 'Make it a file of its own, e.g. with `cp`.',
    });
  }
}

/** A new file that takes the place of `name` at once and whole, when it is committed, or leaves no trace. */
export interface Replacement {
  readonly fd: number;
  commit(): void;
  discard(): void;
}

/** Begins to replace (or create) `name`, with `mode` under the agent's umask. `folder` stays open until the end. */
export function startReplacement(folder: Folder, name: string, mode: number): Replacement {
  const temporary = temporaryName();
  const fd = openSync(folder.at(temporary), open.O_WRONLY | open.O_CREAT | open.O_EXCL | open.O_NOFOLLOW, mode);
  return {
    fd,
    commit() {
      closeSync(fd);
      try {
        renameSync(folder.at(temporary), folder.at(name));
      } catch (cause) {
        rmSync(folder.at(temporary), { force: true });
        throw cause;
      }
    },
    discard() {
      closeSync(fd);
      rmSync(folder.at(temporary), { force: true });
    },
  };
}

/** A name that nothing has yet, for what appears under its own name once it is whole. */
export function temporaryName(): string {
  return `.waterflow-${randomBytes(12).toString('hex')}`;
}

/** Whether it is the name of something that isn't whole yet. */
export function isTemporaryName(name: string): boolean {
  return /^\.waterflow-[0-9a-f]{24}$/.test(name);
}

/** Makes a folder where nothing is, unless something of that name appears meanwhile; what is there then. */
function makeFolder(parent: Folder, name: string, maker: FolderMaker | 'fail'): Entry | undefined {
  if (maker === 'fail') return undefined;
  maker.making();
  try {
    mkdirSync(parent.at(name));
  } catch (cause) {
    if (errorCode(cause) !== 'EEXIST') throw cause;
  }
  return parent.entry(name);
}
