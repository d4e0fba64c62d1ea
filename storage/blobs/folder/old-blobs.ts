import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../folder/failures.ts';
import { diskFailure } from '../failures.ts';

/**
 * Removes the blobs of a folder that were last put before a time (milliseconds since the epoch), and says how many they were. One
 * that is put at that moment stays. STORAGE_FAILED.
 */
export async function removeBlobsPutBefore(folder: string, before: number): Promise<number> {
  let removed = 0;
  for (const prefix of await namesIn(folder)) {
    if (!/^[0-9a-f]{2}$/u.test(prefix)) continue;
    for (const name of await namesIn(join(folder, prefix))) {
      const file = join(folder, prefix, name);
      try {
        if (await removeOne(file, { before, aside: join(folder, 'incoming', randomUUID()) })) removed += 1;
      } catch (cause) {
        if (!hasCode(cause, 'ENOENT')) throw diskFailure(cause, { doing: 'remove an old blob', file });
      }
    }
  }
  return removed;
}

async function removeOne(
  file: string,
  { before, aside }: { readonly before: number; readonly aside: string },
): Promise<boolean> {
  if ((await stat(file)).mtimeMs >= before) return false;
  // Whoever puts the same content now renames a file of its own to this name: what is looked at once more can't be that one.
  await rename(file, aside);
  if ((await stat(aside)).mtimeMs >= before) {
    await rename(aside, file);
    return false;
  }
  await rm(aside);
  return true;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return [];
    throw diskFailure(cause, { doing: 'look for old blobs', file: folder });
  }
}
