import { write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { CallFailure } from '../capability.ts';
import type { Folder } from './folder.ts';
import { namesOf } from './operation.ts';
import { requireEntry, requireOrdinary } from './workspace.ts';

const writeCallback = promisify(write);

/** The mode of the file that is to be replaced, or of a new one. What isn't an ordinary file is never replaced. */
export function writableMode(folder: Folder, name: string, path: string): number {
  using existing = folder.entry(name);
  if (existing === undefined) return 0o666;
  using checked = requireEntry(folder, name, path);
  if (checked.stats.isFile()) return checked.stats.mode & 0o777;
  requireOrdinary(checked, path);
  return 0o666;
}

/** Writes all of the bytes at the descriptor's own position. */
export async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await writeCallback(fd, bytes, written, bytes.length - written, null);
    written += bytesWritten;
  }
}

/** The same, while everything else waits: for few bytes, which the system takes at once. */
export function writeAllAtOnce(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}

/** A path as the folders on the way and the last name; the workspace itself has none and is never changed as a whole. */
export function placeOf(path: string): {
  readonly names: readonly string[];
  readonly folders: readonly string[];
  readonly name: string;
} {
  const names = namesOf(path);
  const name = names.at(-1);
  if (name === undefined) throw new CallFailure('FAILED', "the workspace itself can't be replaced or removed");
  return { names, folders: names.slice(0, -1), name };
}
