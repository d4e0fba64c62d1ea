import { randomUUID } from 'node:crypto';
import { closeSync, constants, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Puts a file in place, whole: whoever reads it sees what was there before or all of `content`, also after a power cut. `mode` holds
 * whatever the umask is. Until then it is at `temporary`, which is left behind only by a process that is killed; whoever else may write the
 * same file at the same time needs another one, as the default is. Throws what node:fs throws.
 */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  options: { readonly mode: number; readonly temporary?: string },
): void {
  const { mode, temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`) } = options;
  try {
    rmSync(temporary, { force: true });
    const fd = openSync(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode);
    try {
      fchmodSync(fd, mode);
      writeFileSync(fd, content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw cause;
  }
  syncFolder(dirname(path));
}

/** Makes what is in a file durable. */
export function syncFile(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes names that were added to a folder, or went from it, durable. */
export function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
