import { closeSync, fstatSync, lstatSync, constants as open, openSync, realpathSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import { errorCode } from './descriptor-folder.ts';
import type { Entry, Folder } from './folder.ts';

/**
 * Folders by path, where descriptors aren't paths (macOS): before each use the folder's real path must be its own, and what
 * was opened must be the inode that was checked. A link that is there is never followed; one that another process puts
 * there in the very moment is noticed when a file is opened, but a name that is made or removed may land behind it.
 */
export function openPathFolder(path: AbsolutePath): Folder {
  return pathFolder(realpathSync(path));
}

function pathFolder(path: string): Folder {
  const at = (name: string): string => {
    if (realpathSync(path) !== path) throw swapped();
    return join(path, name);
  };
  return { path, at, entry: (name) => lookUp(at(name)), [Symbol.dispose]: () => undefined };
}

function lookUp(path: string): Entry | undefined {
  let stats: Stats;
  try {
    stats = lstatSync(path);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
  return {
    stats,
    intoFolder: () => pathFolder(path),
    open: (access) => openSame(path, stats, access),
    [Symbol.dispose]: () => undefined,
  };
}

function openSame(path: string, expected: Stats, access: number): number {
  const fd = openSync(path, access | open.O_NOFOLLOW | open.O_NONBLOCK | open.O_NOCTTY);
  const found = fstatSync(fd);
  const same = found.dev === expected.dev && found.ino === expected.ino;
  if (same && realpathSync(dirname(path)) === dirname(path)) return fd;
  closeSync(fd);
  throw swapped();
}

function swapped(): CallFailure {
  return new CallFailure('DENIED', 'a folder on the way was replaced by a symbolic link while the call ran', {
    rule: 'links are never followed',
    remedy: 'Leave the workspace alone while a host call works on it.',
  });
}
