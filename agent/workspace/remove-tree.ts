import { constants, type Dirent } from 'node:fs';
import { chmod, lstat, open, readdir, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Linux's O_PATH, which Node 24 doesn't name: a handle for a name only, so that a folder without any permission opens. */
const openPath = 0o10000000;

/**
 * Removes a file or a folder with all that is in it, also where folders are read-only. Symbolic links are removed, never
 * followed. Nothing to remove is no error.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 2 });
  } catch {
    await removeStubborn(path);
  }
}

/** The slow way, for trees with folders that their owner may not change. */
async function removeStubborn(path: string): Promise<void> {
  const status = await lstat(path).catch(ignoreMissing);
  if (status === undefined) {
    return;
  }
  if (!status.isDirectory()) {
    await unlink(path);
    return;
  }
  await makeWritable(path);
  const entries: readonly Dirent[] = await readdir(path, { withFileTypes: true });
  for (const entry of entries) {
    await removeStubborn(join(path, entry.name));
  }
  await rmdir(path);
}

/** Changes the mode of this very folder: had it become a symbolic link meanwhile, the opening would fail. */
async function makeWritable(folder: string): Promise<void> {
  if (process.platform !== 'linux') {
    await chmod(folder, 0o700);
    return;
  }
  const handle = await open(folder, openPath | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await chmod(`/proc/self/fd/${handle.fd}`, 0o700);
  } finally {
    await handle.close();
  }
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    return undefined;
  }
  throw error;
}
