import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { RunRecord, RunStore, Store } from '../port.ts';
import { type FolderBell, systemBell } from './bell.ts';
import { attempt, hasCode } from './failures.ts';
import { FolderGroups } from './groups.ts';
import { FolderInbox } from './inbox.ts';
import { createJournal, peekKeyed } from './journal.ts';
import { groupsFile, layoutOf, type RunLayout, unfinishedFolder } from './layout.ts';
import { isLocked } from './lock.ts';
import { createLogs, defaultLogLimitBytes } from './logs.ts';
import { ensurePrivateFile, ensurePrivateFolder, makePrivateFolder, syncFolder } from './private-files.ts';
import { removeRun } from './removal.ts';
import { listenToRun } from './run-bell.ts';
import { FolderRunReading } from './run-reading.ts';
import { FolderRunStore } from './run-store.ts';

/** `root` is the folder of runs; it is made when the first run is. */
export interface FolderStoreOptions {
  readonly root: string;
  /** The most that is kept of the log of one attempt of a step. Default 64 MiB. */
  readonly logLimitBytes?: number;
  /** How this process learns of what others write. Default: the machine's own file notifications. */
  readonly bell?: FolderBell;
}

/** A store in a folder of the local disk: a folder per run with SQLite databases and blobs. One process per run. */
export function createFolderStore(options: FolderStoreOptions): Store {
  const { root, bell = systemBell } = options;
  const opening = { logLimitBytes: options.logLimitBytes ?? defaultLogLimitBytes, bell };
  const existing = (run: RunId): RunLayout => {
    const folder = join(root, run);
    if (!isFolder(folder)) throw notFound(root, run);
    return layoutOf(folder);
  };
  return {
    create(record) {
      const folder = join(root, record.run);
      if (isFolder(folder)) throw isThere(record.run);
      attempt({ doing: 'make the run', file: folder }, () => makeRun(root, record));
      return new FolderRunStore(record.run, layoutOf(folder), opening);
    },
    open: (run): RunStore => new FolderRunStore(run, existing(run), opening),
    remove: async (run) => removeRun({ root, run, layout: existing(run) }),
    read: (run) => new FolderRunReading(run, existing(run)),
    list: () => attempt({ doing: 'list the runs', file: root }, () => listRuns(root)),
    peek: (run, key) => peekKeyed(existing(run), key),
    isOpen: (run) => isLocked(existing(run)),
    listen: (run, changed) => {
      const layout = existing(run);
      return attempt({ doing: 'listen to the run', file: layout.folder }, () => listenToRun(layout, bell, changed));
    },
    inbox: (run) => new FolderInbox(existing(run).inbox, bell),
    openGroups: () => new FolderGroups(groupsFile(root), bell),
  };
}

/** Makes the run beside its place and moves it there whole. An existing run's folder is not empty, so rename refuses it. */
function makeRun(root: string, record: RunRecord): void {
  ensurePrivateFolder(root);
  const unfinished = unfinishedFolder(root, record.run);
  // What a crash left of it.
  rmSync(unfinished, { recursive: true, force: true });
  makePrivateFolder(unfinished);
  try {
    const layout = layoutOf(unfinished);
    ensurePrivateFile(layout.lock);
    createJournal(layout, record);
    createLogs(layout.logs);
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

function isThere(run: RunId): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_STATE',
    message: `there is a run ${run} already`,
    remedy: 'Resume it, or rerun it once it has ended; a new run has an id of its own.',
  });
}

function notFound(root: string, run: RunId): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_NOT_FOUND',
    message: `there is no run ${run} in ${root}`,
    remedy:
      'Check the run id and the state folder (`--state`): a run is resumed with the folder that it was started with.',
  });
}
