import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readdir, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type AbsolutePath, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { createFolderStore } from '../../storage/index.ts';
import { storageFailure } from '../../storage/folder/failures.ts';
import { syncFolder } from '../../storage/folder/private-files.ts';
import { migrations } from '../../storage/records/schema.ts';
import { lockState, restoringFolder } from '../composition/server-lock.ts';
import { recordsFile } from './contents.ts';
import type { BackupManifest, RecordsFacts } from './manifest.ts';
import { giveToOwner } from './owner.ts';
import { readBackup } from './read.ts';

/** What is restored, and where to. */
export interface RestoreRequest {
  readonly file: string;
  readonly state: AbsolutePath;
  /** What becomes of a folder that isn't empty. */
  readonly present: 'refused' | 'set aside';
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Told of each thing that was done, in order. For tests, which stop there. */
  readonly reached?: (what: string) => void;
}

/** What was restored. */
export interface RestoredState {
  readonly manifest: BackupManifest;
  /** Where what lay there before is now. */
  readonly setAside?: string;
  /** Runs that had not ended and can't go on: their folder is not in the backup, and they had begun. */
  readonly lost: readonly string[];
}

/** Files of a folder that nobody ever used. */
const ownLocks: ReadonlySet<string> = new Set(['server-lock.sqlite', 'agent-lock.sqlite']);

/**
 * Puts a backup into a state folder that nobody uses: beside its place first, where all of it is checked, then into its place, the records last.
 * Where that is cut off, neither a server nor an agent starts with the folder until it was carried out again. CONFLICT, BACKUP_BROKEN,
 * STORAGE_FAILED; nothing that was there is changed by these.
 */
export async function restoreBackup(request: RestoreRequest): Promise<RestoredState> {
  const { file, state, present, now, reached = () => {} } = request;
  using _server = lockState(state, { who: 'server', setting: 'state' }, { restoring: 'allowed' });
  using _agent = lockState(state, { who: 'agent', setting: 'state-dir' }, { restoring: 'allowed' });
  refuseDrivenRuns(state);
  const before = await namesIn(state);
  const isCutOff = existsSync(join(state, restoringFolder));
  if (before.length > 0 && present === 'refused' && !isCutOff) throw notEmpty(state);
  const restoring = join(state, restoringFolder);
  try {
    await rm(restoring, { recursive: true, force: true });
    await mkdir(restoring, { mode: 0o700 });
    const manifest = await readBackup(file, sinkIn(restoring, reached));
    refuseNewerRecords(file, manifest.records);
    await finish(restoring, manifest);
    await giveToOwner(state, [restoringFolder, ...ownLocks]);
    reached('checked');
    // Also of a restore that was cut off: it may have begun to put things into their places.
    const setAside = before.length === 0 ? undefined : await moveAside(state, { names: before, now, reached });
    for (const name of inOrder(await readdir(restoring))) {
      await rename(join(restoring, name), join(state, name));
      reached(name);
    }
    syncFolder(state);
    await rm(restoring, { recursive: true });
    return { manifest, lost: lostRuns(manifest), ...(setAside === undefined ? {} : { setAside }) };
  } catch (cause) {
    if (cause instanceof WaterflowFailure && before.length === (await namesIn(state)).length && !isCutOff) {
      await rm(restoring, { recursive: true, force: true });
    }
    throw storageFailure(cause, { doing: 'restore', file: state });
  }
}

/** Reads a backup and checks all of it; nothing is written. */
export function verifyBackup(file: string): Promise<BackupManifest> {
  return readBackup(file, {
    folder: async () => {},
    file: async () => ({ write: async () => {}, [Symbol.asyncDispose]: async () => {} }),
  });
}

function sinkIn(folder: string, reached: (what: string) => void): Parameters<typeof readBackup>[1] {
  return {
    folder: async ({ path }) => {
      await mkdir(join(folder, path), { recursive: true, mode: 0o700 });
    },
    file: async (path) => {
      await mkdir(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
      reached(path);
      // Links come last, so nothing is written through one.
      const handle = await open(join(folder, path), 'wx', 0o600);
      return {
        write: (bytes) => handle.writeFile(bytes),
        async [Symbol.asyncDispose]() {
          await handle.datasync();
          await handle.close();
        },
      };
    },
  };
}

/** What would have been in the way of writing: links, and folders that their owner may not write to. */
async function finish(folder: string, { entries }: BackupManifest): Promise<void> {
  for (const entry of entries) {
    if (entry.kind === 'link') {
      await mkdir(dirname(join(folder, entry.path)), { recursive: true, mode: 0o700 });
      await symlink(entry.target, join(folder, entry.path));
    } else if (entry.kind === 'file') await chmod(join(folder, entry.path), entry.mode);
  }
  // From the innermost on.
  for (const entry of entries.toReversed())
    if (entry.kind === 'folder') await chmod(join(folder, entry.path), entry.mode);
}

async function moveAside(
  state: string,
  {
    names,
    now,
    reached,
  }: { readonly names: readonly string[]; readonly now: number; readonly reached: (what: string) => void },
): Promise<string> {
  const aside = join(state, `.before-restore-${new Date(now).toISOString().replaceAll(':', '-')}`);
  await mkdir(aside, { mode: 0o700 });
  await giveToOwner(state, [basename(aside)]);
  for (const name of names) {
    await rename(join(state, name), join(aside, name));
    reached(`aside ${name}`);
  }
  syncFolder(aside);
  return aside;
}

/** With the records there is a server's state again: they come last. */
function inOrder(names: readonly string[]): readonly string[] {
  return names.toSorted((one, other) => Number(one === recordsFile) - Number(other === recordsFile));
}

async function namesIn(state: string): Promise<readonly string[]> {
  const isOurs = (name: string): boolean =>
    ownLocks.has(name) || name === restoringFolder || name.startsWith('.before-restore-');
  return (await readdir(state)).filter((name) => !isOurs(name));
}

function lostRuns({ entries, records }: BackupManifest): readonly string[] {
  const folders = new Set(entries.flatMap(({ path, kind }) => (kind === 'folder' ? [path] : [])));
  const unfinished = records?.unfinished ?? [];
  // What is queued begins anew; what is in Temporal has no folder here.
  return unfinished.flatMap(({ run, status, in_temporal: inTemporal }) =>
    status === 'queued' || status === 'accepted' || inTemporal === true || folders.has(run) ? [] : [run],
  );
}

function refuseDrivenRuns(state: AbsolutePath): void {
  const store = createFolderStore({ root: state });
  const driven = store.list().find((run: RunId) => store.isOpen(run));
  if (driven === undefined) return;
  throw new WaterflowFailure({
    code: 'CONFLICT',
    message: `a process drives the run ${driven} in ${state}`,
    remedy: 'Let it end, or stop that process; then restore.',
    file: state,
  });
}

function refuseNewerRecords(file: string, records: RecordsFacts | undefined): void {
  const known = migrations.at(-1)?.number ?? 0;
  if (records === undefined || records.form <= known) return;
  throw new WaterflowFailure({
    code: 'STORAGE_FAILED',
    message: `the records in ${file} have form ${records.form}; this version of waterflow knows forms up to ${known}`,
    remedy: 'Restore it with the version that made it, or a newer one.',
    file,
  });
}

function notEmpty(state: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'CONFLICT',
    message: `the state folder ${state} is not empty`,
    remedy:
      'Name a new folder; or write --force, which sets what lies there aside, in that folder, and removes nothing.',
    file: state,
  });
}
