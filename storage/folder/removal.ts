import { readdirSync, renameSync } from 'node:fs';
import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunId } from '../../schemas/index.ts';
import { attempt, hasCode, storageFailure } from './failures.ts';
import type { RunLayout } from './layout.ts';
import { takeLock } from './lock.ts';
import { syncFolder } from './private-files.ts';

/** How the folder of a run that is being removed begins: no run has such a name. */
const removedPrefix = '.removed-';

/**
 * Removes a run's folder. It is gone at once, under a lock, since it is moved away first; what is in it may be any number of files, and
 * goes without holding up the process. What an earlier removal left, cut short, goes with it.
 */
export async function removeRun(parts: {
  readonly root: string;
  readonly run: RunId;
  readonly layout: RunLayout;
}): Promise<void> {
  const { root, run, layout } = parts;
  const removing = { doing: 'remove the run', file: layout.folder };
  const lock = takeLock(run, layout);
  try {
    attempt(removing, () => {
      renameSync(layout.folder, join(root, `${removedPrefix}${run}`));
      syncFolder(root);
    });
  } finally {
    lock[Symbol.dispose]();
  }
  const left = attempt(removing, () => readdirSync(root).filter((name) => name.startsWith(removedPrefix)));
  for (const name of left) {
    try {
      await removeTree(join(root, name));
    } catch (cause) {
      throw storageFailure(cause, removing);
    }
  }
}

/** Steps may have left folders that even their owner may not write to. */
async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (cause) {
    if (!hasCode(cause, 'EACCES')) throw cause;
    await makeWritable(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
}
