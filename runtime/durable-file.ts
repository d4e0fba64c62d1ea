import { closeSync, constants, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';

/**
 * Puts a file in place, whole: whoever reads it sees what was there before or all of `content`, also after a power cut. `mode` holds
 * whatever the umask is. Throws what node:fs throws; nothing is left behind then.
 */
export function replaceFile(path: string, content: string | Uint8Array, { mode }: { readonly mode: number }): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
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

/** Makes names that were added to a folder, or went from it, durable. */
export function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
