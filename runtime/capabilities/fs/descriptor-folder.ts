import { closeSync, fstatSync, constants as open, openSync } from 'node:fs';
import type { AbsolutePath } from '../../../schemas/index.ts';
import type { Entry, Folder } from './folder.ts';

/**
 * Folders by descriptor. Node has no openat(2), but on Linux `/proc/self/fd/N/name` does the same: the kernel starts at the
 * folder that descriptor N holds, whatever it is called by now, and looks up one name, which O_NOFOLLOW keeps from being a
 * link. So each folder on the way is opened through its parent's descriptor and no name is looked up twice.
 */
export function openDescriptorFolder(path: AbsolutePath): Folder {
  return descriptorFolder(openSync(path, open.O_RDONLY | open.O_DIRECTORY));
}

/** open(2)'s O_PATH, which node:fs doesn't name: a descriptor to look and to walk on with, without access. */
const O_PATH = 0o10000000;

function descriptorFolder(fd: number): Folder {
  const self = `/proc/self/fd/${fd}`;
  return {
    path: self,
    at: (name) => `${self}/${name}`,
    entry: (name) => openEntry(`${self}/${name}`),
    [Symbol.dispose]: () => closeSync(fd),
  };
}

function openEntry(path: string): Entry | undefined {
  let fd: number;
  try {
    fd = openSync(path, O_PATH | open.O_NOFOLLOW);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
  let owned = true;
  return {
    stats: fstatSync(fd),
    intoFolder() {
      owned = false;
      return descriptorFolder(fd);
    },
    // This one link leads to the inode that the descriptor holds, not to a name, so it can't be swapped.
    open: (access) => openSync(`/proc/self/fd/${fd}`, access | open.O_NONBLOCK | open.O_NOCTTY),
    [Symbol.dispose]() {
      if (owned) closeSync(fd);
    },
  };
}

/** `ENOENT` and its like, of an error that node:fs threw. */
export function errorCode(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}
