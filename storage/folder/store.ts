import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { RunRecord, RunStore, Store } from '../port.ts';
import { attempt, hasCode } from './failures.ts';
import { createJournal } from './journal.ts';
import { layoutOf, unfinishedFolder } from './layout.ts';
import { defaultLogLimitBytes } from './logs.ts';
import { ensurePrivateFile, ensurePrivateFolder, makePrivateFolder, syncFolder } from './private-files.ts';
import { FolderRunStore } from './run-store.ts';

/** `root` is the folder of runs; it is made when the first run is. */
export interface FolderStoreOptions {
  readonly root: string;
  /** The most that is kept of the log of one attempt of a step. Default 64 MiB. */
  readonly logLimitBytes?: number;
}

/** A store in a folder of the local disk: a folder per run with SQLite databases and blobs. One process per run. */
export function createFolderStore(options: FolderStoreOptions): Store {
  const { root } = options;
  const limits = { logLimitBytes: options.logLimitBytes ?? defaultLogLimitBytes };
  return {
    create(record) {
      const folder = join(root, record.run);
      attempt({ doing: 'make the run', file: folder }, () => makeRun(root, record));
      return new FolderRunStore(record.run, layoutOf(folder), limits);
    },
    open(run): RunStore {
      const folder = join(root, run);
      if (!isFolder(folder)) throw notFound(root, run);
      return new FolderRunStore(run, layoutOf(folder), limits);
    },
    list: () => attempt({ doing: 'list the runs', file: root }, () => listRuns(root)),
  };
}

/** Makes the run beside its place and moves it there whole. An existing run's folder is not empty, so rename refuses it. */
function makeRun(root: string, record: RunRecord): void {
  ensurePrivateFolder(root);
  const unfinished = unfinishedFolder(root, record.run);
  makePrivateFolder(unfinished);
  try {
    const layout = layoutOf(unfinished);
    ensurePrivateFile(layout.lock);
    createJournal(layout, record);
    syncFolder(unfinished);
    renameSync(unfinished, join(root, record.run));
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    throw cause;
  }
  syncFolder(root);
}

function isFolder(path: string): boolean {
  return attempt(
    { doing: 'open the run', file: path },
    () => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  );
}

function listRuns(root: string): readonly RunId[] {
  return namesIn(root)
    .map((name) => parseRunId(name))
    .filter((run) => run !== undefined)
    .toSorted();
}

function namesIn(root: string): readonly string[] {
  try {
    return readdirSync(root);
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return [];
    throw cause;
  }
}

function notFound(root: string, run: RunId): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_NOT_FOUND',
    message: `there is no run ${run} in ${root}`,
    remedy:
      'Check the run id and the state folder (`--state`): a run is resumed with the folder that it was started with.',
  });
}
