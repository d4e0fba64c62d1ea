import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { chmod, type FileHandle, open, readdir, rename, rm, rmdir, unlink } from 'node:fs/promises';

/** Linux's O_PATH, which Node 24 doesn't name: a handle for a name only, so that a folder without any permission opens. */
const openPath = 0o10000000;

/** Files of one folder that are removed at a time: enough for the threads that Node does it in. */
const removedAtATime = 32;

/** Folders that are emptied at a time; each has a descriptor. */
const foldersAtATime = 8;

/** Times that a folder is found with something new in it, after all that was in it is gone. */
const maximumPasses = 16;

/**
 * Removes a file or a folder with all that is in it: folders that are read-only, names that aren't UTF-8, paths of any length
 * and depth. Symbolic links are removed, never followed. Nothing to remove is no error.
 */
export async function removeTree(path: string): Promise<void> {
  if (!existsSync('/proc/self/fd')) {
    await rm(path, { recursive: true, force: true, maxRetries: 2 });
    return;
  }
  const root = await openFolder(Buffer.from(path));
  if (root === undefined) {
    await unlink(path).catch(ignoreMissing);
    return;
  }
  try {
    await emptyRoot(root);
  } finally {
    await root.close();
  }
  await rmdir(path).catch(ignoreMissing);
}

/**
 * Folders are held by descriptor, so that a path has two names and a link that takes a folder's place is never gone through. A
 * folder in a folder is moved up into the root before it is emptied: nothing grows with the depth, neither paths nor
 * descriptors nor the stack.
 */
async function emptyRoot(root: FileHandle): Promise<void> {
  for (let pass = 0; ; pass += 1) {
    const folders = await emptyOfFiles(root);
    if (folders.length === 0) return;
    if (pass === maximumPasses) throw new Error('something goes on making files in a folder that is to be removed');
    // Each puts the folders that are in it at the end.
    while (folders.length > 0) {
      const some = folders.splice(-foldersAtATime);
      await Promise.all(some.map(async (name) => folders.push(...(await removeFolder(root, name)))));
    }
  }
}

/** Removes a folder of the root; gives the names under which the folders that were in it are in the root now. */
async function removeFolder(root: FileHandle, name: Buffer): Promise<readonly Buffer[]> {
  const folder = await openFolder(at(root, name));
  // It became a file, or went, meanwhile: the next pass sees.
  if (folder === undefined) return [];
  const moved: Buffer[] = [];
  try {
    for (const inner of await emptyOfFiles(folder)) moved.push(await moveUp(at(folder, inner), root));
  } finally {
    await folder.close();
  }
  await rmdir(at(root, name)).catch(ignoreMissing);
  return moved;
}

/** Moves a folder into the root; gives the name that it has there, which nothing else has. */
async function moveUp(path: Buffer, root: FileHandle): Promise<Buffer> {
  const name = Buffer.from(`.waterflow-removed-${randomBytes(16).toString('hex')}`);
  try {
    await rename(path, at(root, name));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return name;
    // A folder that is moved gets another `..`, for which it must be writable itself.
    await (await openFolder(path))?.close();
    await rename(path, at(root, name)).catch(ignoreMissing);
  }
  return name;
}

/** Removes what isn't a folder, and gives the names of the folders. */
async function emptyOfFiles(folder: FileHandle): Promise<Buffer[]> {
  const names = await readdir(selfOf(folder), { encoding: 'buffer' });
  const folders: Buffer[] = [];
  for (let from = 0; from < names.length; from += removedAtATime) {
    await Promise.all(
      names.slice(from, from + removedAtATime).map(async (name) => {
        if (!(await removeFile(at(folder, name)))) folders.push(name);
      }),
    );
  }
  return folders;
}

/** False for a folder. The kernel says what it is at the moment of removal; a list that was read before might be wrong by then. */
async function removeFile(path: Buffer): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    // EPERM is POSIX's word for a folder, and also that of a file that may not be removed: rmdir(2) tells.
    if (codeOf(error) === 'EISDIR' || codeOf(error) === 'EPERM') return false;
    ignoreMissing(error);
    return true;
  }
}

/** The folder, made so that what is in it can be removed; undefined where there is none. */
async function openFolder(path: Buffer): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, openPath | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (['ENOTDIR', 'ELOOP', 'ENOENT'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
  try {
    await chmod(selfOf(handle), 0o700);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return handle;
}

function selfOf({ fd }: FileHandle): string {
  return `/proc/self/fd/${fd}`;
}

/** Bytes: a name needn't be UTF-8. */
function at(folder: FileHandle, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${selfOf(folder)}/`), name]);
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
