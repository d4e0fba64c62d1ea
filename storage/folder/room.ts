import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { storageFailure } from './failures.ts';

/** Less than SQLite needs for a page, its frame in the WAL and the shared memory beside it is no room. */
const probeBytes = 64 * 1024;

/** Finds out whether a folder takes what is written, by writing. STORAGE_FULL, STORAGE_FAILED. */
export async function requireRoom(folder: string): Promise<void> {
  const file = join(folder, `room-${randomUUID()}`);
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(Buffer.alloc(probeBytes));
      // Only then does every file system say that it has no room.
      await handle.datasync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw storageFailure(cause, { doing: 'write to the state folder', file });
  } finally {
    await rm(file, { force: true });
  }
}
