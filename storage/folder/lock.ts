import { DatabaseSync } from 'node:sqlite';
import { type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { isBusy, storageFailure } from './failures.ts';
import type { RunLayout } from './layout.ts';
import { readTextIfPresent, writePrivateFile } from './private-files.ts';

/** Whoever looks whether a run is locked shares the lock for an instant, which must not look as if the run were in use. */
const lockWaitMs = 50;

/**
 * Takes the run's lock, for as long as this process lives or until it is disposed; RUN_LOCKED names the holder's pid.
 * Node has no flock(2); an exclusive transaction of SQLite on a database of its own holds a lock that the kernel frees
 * when the process dies, however it dies. The file stays empty. Only SQLite may open it: a process loses its POSIX locks
 * on a file when it closes any descriptor on that file, and SQLite alone takes care of that. The state folder must be on
 * a file system with working fcntl locks.
 */
export function takeLock(run: RunId, layout: RunLayout): Disposable {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(layout.lock, { timeout: lockWaitMs });
    // No rollback journal beside it: nothing is ever written, and a full disk must not keep anyone from the lock.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    writePrivateFile(layout.owner, `${process.pid}\n`, { durable: false });
  } catch (cause) {
    database?.close();
    throw isBusy(cause)
      ? locked(run, layout, cause)
      : storageFailure(cause, { doing: 'lock the run', file: layout.lock });
  }
  const held = database;
  return {
    [Symbol.dispose]() {
      if (held.isOpen) held.close();
    },
  };
}

/** True while a process, this one included, holds the run's lock. */
export function isLocked(layout: RunLayout): boolean {
  const database = new DatabaseSync(layout.lock, { timeout: 0 });
  try {
    // Reading takes a shared lock, which an exclusive one doesn't allow.
    database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get();
    return false;
  } catch (cause) {
    if (isBusy(cause)) return true;
    throw storageFailure(cause, { doing: "look at the run's lock", file: layout.lock });
  } finally {
    database.close();
  }
}

function locked(run: RunId, layout: RunLayout, cause: unknown): WaterflowFailure {
  const pid = readTextIfPresent(layout.owner)?.trim();
  const holder = pid === undefined || pid === '' ? 'another process' : `process ${pid}`;
  return new WaterflowFailure(
    {
      code: 'RUN_LOCKED',
      message: `run ${run} is in use by ${holder}`,
      remedy: `Wait until it ends, or stop ${holder}; then resume the run. The lock goes with the process: there is no lock file to delete.`,
      file: layout.folder,
    },
    { cause },
  );
}
