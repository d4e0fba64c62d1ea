import { lchown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Gives things in a state folder, and all that is in them, to whom the folder belongs to: where root restores the state of a service, its user has
 * to be able to use it. Nothing happens where the folder is root's, or where this process isn't.
 */
export async function giveToOwner(state: string, names: readonly string[]): Promise<void> {
  const { uid, gid } = await stat(state);
  if (process.geteuid?.() !== 0 || uid === 0) return;
  const give = async (path: string): Promise<void> => await lchown(path, uid, gid);
  for (const name of names) {
    const path = join(state, name);
    const inside = await readdir(path, { recursive: true }).catch(ifNoFolder);
    for (const entry of inside) await give(join(path, entry));
    await give(path).catch(ifAbsent);
  }
}

function ifNoFolder(cause: NodeJS.ErrnoException): readonly string[] {
  if (cause.code === 'ENOTDIR' || cause.code === 'ENOENT') return [];
  throw cause;
}

function ifAbsent(cause: NodeJS.ErrnoException): void {
  if (cause.code !== 'ENOENT') throw cause;
}
