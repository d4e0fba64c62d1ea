import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { syncFolder } from '../durable-file.ts';
import { type PluginFile, readPluginFolder } from '../manifest/folder.ts';
import { stagingName } from '../manifest/shelf.ts';
import { digestOf } from '../manifest/tarball.ts';

const folderMode = 0o755;

/** A plugin that is on the disk, whole and synced, where nobody finds it yet. */
export interface Staged {
  readonly folder: AbsolutePath;
}

/** Unpacks the files of a package. What is on the disk then has the digest that the package has. Rejects with STORAGE_FAILED. */
export async function stage(
  pluginFolder: AbsolutePath,
  { files, digest }: { readonly files: readonly PluginFile[]; readonly digest: string },
): Promise<Staged> {
  const folder = newPlace(pluginFolder);
  const folders = new Set([folder as string]);
  for (const { path } of files) {
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) folders.add(join(folder, parent));
  }
  for (const each of [...folders].sort()) {
    await mkdir(each, { recursive: true });
    // Whatever the umask is: agents of other users read what is installed.
    await chmod(each, folderMode);
  }
  await Promise.all(files.map((file) => writeFile(folder, file)));
  // From the innermost on: a folder's own name is in the one above it.
  for (const each of [...folders].sort().toReversed()) syncFolder(each);
  const found = await digestOf(readPluginFolder(folder));
  if (found === digest) return { folder };
  throw new WaterflowFailure({
    code: 'STORAGE_FAILED',
    message: `what was unpacked to ${folder} has the digest ${found}, and the package ${digest}`,
    remedy: 'Check the disk; the file system must keep names and bytes as they are.',
  });
}

/** Takes something out of the plugin folder at once, and then from the disk. Nothing happens where there is none. */
export function discard(pluginFolder: AbsolutePath, name: string): void {
  const path = join(pluginFolder, name);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  const away = newPlace(pluginFolder);
  renameSync(path, away);
  syncFolder(pluginFolder);
  rmSync(away, { recursive: true, force: true });
}

/** Removes what is staged: only what was given up lies there. */
export function clearStaging(pluginFolder: AbsolutePath): void {
  rmSync(join(pluginFolder, stagingName), { recursive: true, force: true });
}

/** Beside the plugins, so that a rename puts one in place. */
function newPlace(pluginFolder: AbsolutePath): AbsolutePath {
  const staging = join(pluginFolder, stagingName);
  mkdirSync(staging, { recursive: true, mode: 0o700 });
  return join(staging, randomUUID()) as AbsolutePath; // Below an absolute path.
}

async function writeFile(folder: string, { path, bytes, executable }: PluginFile): Promise<void> {
  await using file = await open(join(folder, path), 'wx', 0o600);
  await file.writeFile(bytes);
  await file.chmod(executable ? 0o755 : 0o644);
  await file.sync();
}
