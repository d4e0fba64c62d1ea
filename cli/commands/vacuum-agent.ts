import { type Dirent, existsSync, readFileSync } from 'node:fs';
import { lstat, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openPluginVersions } from '../../agent/plugin-versions/index.ts';
import { removeTree } from '../../agent/workspace/remove-tree.ts';
import { type AbsolutePath, parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { storageFailure } from '../../storage/folder/failures.ts';
import { lockState } from '../composition/server-lock.ts';

/** A run's folder on an agent that takes room for nothing. */
export interface OldRun {
  readonly run: RunId;
  readonly bytes: number;
}

/** Whether a state folder is that of an agent on Temporal. */
export function isAgentState(state: AbsolutePath): boolean {
  return existsSync(join(state, 'agent-lock.sqlite'));
}

/**
 * Removes the folders of runs of which nothing was written for `keepRuns` ms: their audit logs, logs and kept workspaces, each as a whole, so
 * that no chain is cut. Left are runs with a job that was cut off, those that a version of a plugin is kept for, and those of which the server
 * lacks a record. `in use` where an agent has the folder: it may take up any of them. Throws WaterflowFailure STORAGE_FAILED.
 */
export async function removeOldRuns(
  state: AbsolutePath,
  { keepRuns, now, isDry }: { readonly keepRuns: number; readonly now: number; readonly isDry: boolean },
): Promise<readonly OldRun[] | 'in use'> {
  using lock = takeLock(state);
  if (lock === undefined) return 'in use';
  const needed = neededRuns(state);
  const removed: OldRun[] = [];
  for (const name of (await readdir(state)).toSorted()) {
    const run = parseRunId(name);
    if (run === undefined || needed.has(run)) continue;
    const folder = join(state, run);
    const { bytes, writtenAt } = await contentOf(folder);
    if (now - writtenAt < keepRuns) continue;
    removed.push({ run, bytes });
    if (isDry) continue;
    // At once; what is cut off then is a leftover, which the next one removes.
    const away = join(state, `.removed-${run}`);
    await rename(folder, away);
    await removeTree(away);
  }
  return removed;
}

function takeLock(state: AbsolutePath): Disposable | undefined {
  try {
    return lockState(state, { who: 'agent', setting: 'state-dir' });
  } catch (cause) {
    if (cause instanceof WaterflowFailure && cause.error.code === 'CONFLICT') return undefined;
    throw cause;
  }
}

/** Runs that go on here, as far as the folder says: with a claim, a plugin that is kept for them, or a record that isn't sent. */
function neededRuns(state: AbsolutePath): ReadonlySet<string> {
  // Time plays no part in what is kept.
  const pinned = openPluginVersions(state, { now: () => 0 }).runs();
  return new Set([...claimedRuns(state), ...pinned, ...unsentRuns(state)]);
}

function claimedRuns(state: AbsolutePath): readonly string[] {
  const file = join(state, 'claims.json');
  if (!existsSync(file)) return [];
  try {
    // The agent writes it, whole or not at all: each has the path of its workspace.
    const claims = JSON.parse(readFileSync(file, 'utf8')) as readonly { readonly workspace: string }[];
    return claims.flatMap(({ workspace }) => workspace.split('/').filter((part) => parseRunId(part) !== undefined));
  } catch (cause) {
    throw storageFailure(cause, { doing: 'read the jobs of the agent', file });
  }
}

/** Those of which the server may not have the whole record of host calls, or of which parts of logs wait for it. */
function unsentRuns(state: AbsolutePath): readonly string[] {
  return [
    ...runsIn(join(state, 'calls.sqlite'), 'SELECT run FROM cursors WHERE open = 1'),
    ...runsIn(join(state, 'spool.sqlite'), 'SELECT DISTINCT run FROM lines'),
  ];
}

function runsIn(file: string, query: string): readonly string[] {
  if (!existsSync(file)) return [];
  try {
    const database = new DatabaseSync(file);
    try {
      return database
        .prepare(query)
        .all()
        .map(({ run }) => String(run));
    } finally {
      database.close();
    }
  } catch (cause) {
    throw storageFailure(cause, { doing: 'read what waits for the server', file });
  }
}

/** What a run's folder holds: its size, and when something of it was written last, as far as this user sees it. */
async function contentOf(folder: string): Promise<{ readonly bytes: number; readonly writtenAt: number }> {
  // Logs lie at its top; within a workspace a step may have left what its owner can't read either.
  const [top, all] = [await entriesOf(folder), await entriesOf(folder, 'recursive')];
  let bytes = 0;
  let writtenAt = (await lstat(folder)).mtimeMs;
  for (const entry of all.length > 0 ? all : top) {
    const status = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined);
    if (entry.isFile()) bytes += status?.size ?? 0;
    writtenAt = Math.max(writtenAt, status?.mtimeMs ?? 0);
  }
  return { bytes, writtenAt };
}

async function entriesOf(folder: string, how?: 'recursive'): Promise<readonly Dirent[]> {
  return await readdir(folder, { withFileTypes: true, recursive: how === 'recursive' }).catch(() => []);
}
