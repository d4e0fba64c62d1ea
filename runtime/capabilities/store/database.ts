import { closeSync, constants as open, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';

/** The database in which an agent keeps what plugins store: one file, which several processes use at the same time. */
export interface StoreDatabase extends Disposable {
  /** Runs `action` in one transaction: all of it, on disk when this resolves, or nothing. */
  change<Result>(action: (database: DatabaseSync) => Result): Promise<Result>;
  read<Result>(action: (database: DatabaseSync) => Result): Promise<Result>;
}

const formatVersion = 1;
/** `bytes` of an entry are those of its key and its value; `version` of a scope is that of its last change. */
const schema = `
  CREATE TABLE scopes (
    id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, plugin TEXT NOT NULL, version INTEGER NOT NULL, UNIQUE (tenant, plugin)
  ) STRICT;
  CREATE TABLE entries (
    scope INTEGER NOT NULL REFERENCES scopes (id), key TEXT NOT NULL, bytes INTEGER NOT NULL, version INTEGER NOT NULL,
    expires_at INTEGER, value TEXT NOT NULL, PRIMARY KEY (scope, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sizes ON entries (scope, key, bytes);
  CREATE INDEX expiries ON entries (scope, expires_at) WHERE expires_at IS NOT NULL;`;

/** Other processes hold the file for milliseconds; one that was stopped while it did is not waited for forever. */
const busyLimitMs = 10_000;
const busyPauseMs = 10;

/** SQLite's result codes (sqlite3.h); extended ones have them in their low byte. */
const resultCodes = {
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** Opens nothing until it is used. Only the agent's user can read the file. */
export function createStoreDatabase(file: AbsolutePath): StoreDatabase {
  let opened: DatabaseSync | undefined;
  const attempt = async <Result>(action: (database: DatabaseSync) => Result): Promise<Result> => {
    const deadline = performance.now() + busyLimitMs;
    for (;;) {
      try {
        opened ??= openDatabase(file);
        return action(opened);
      } catch (cause) {
        if (codeOf(cause) !== resultCodes.busy || performance.now() > deadline) throw failureOf(cause);
        // Not by SQLite's own timeout, which would let nobody read meanwhile.
        await wait(busyPauseMs);
      }
    }
  };
  return {
    read: attempt,
    change: (action) => attempt((database) => transaction(database, () => action(database))),
    [Symbol.dispose]() {
      if (opened?.isOpen === true) opened.close();
      opened = undefined;
    },
  };
}

function openDatabase(file: AbsolutePath): DatabaseSync {
  closeSync(openSync(file, open.O_RDWR | open.O_CREAT | open.O_NOFOLLOW, 0o600));
  const database = new DatabaseSync(file, { timeout: 0, allowExtension: false });
  try {
    database.exec('PRAGMA journal_mode = WAL');
    // An answer to a plugin is a promise: what it set is there after a crash, and after a power cut.
    database.exec('PRAGMA synchronous = FULL');
    transaction(database, () => {
      const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
      if (version === formatVersion) return;
      if (version !== 0) throw new CallFailure('FAILED', otherFormat(version));
      database.exec(schema);
      database.exec(`PRAGMA user_version = ${formatVersion}`);
    });
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}

function transaction<Result>(database: DatabaseSync, action: () => Result): Result {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = action();
    database.exec('COMMIT');
    return result;
  } catch (cause) {
    // A full disk or an I/O error may have rolled back already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw cause;
  }
}

function codeOf(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !('errcode' in cause) || typeof cause.errcode !== 'number') return undefined;
  return cause.errcode & 0xff;
}

/** For a plugin: what happened, and no path of the agent. */
function failureOf(cause: unknown): unknown {
  const code = codeOf(cause);
  if (cause instanceof CallFailure) return cause;
  if (code === undefined) {
    const system = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
    return system === undefined ? cause : new CallFailure('FAILED', `the agent's store can't be opened: ${system}`);
  }
  return new CallFailure('FAILED', `the agent's store ${meaningOf(code)}`);
}

function meaningOf(code: number): string {
  switch (code) {
    case resultCodes.busy:
      return `was held by another process for more than ${busyLimitMs / 1000} seconds`;
    case resultCodes.readOnly:
    case resultCodes.cannotOpen:
      return "can't be written by the agent's user (store.sqlite in its state folder)";
    case resultCodes.ioError:
      return 'could not be read or written: the disk gave an error';
    case resultCodes.full:
      return 'could not be written: the disk is full';
    case resultCodes.corrupt:
    case resultCodes.notADatabase:
      return 'is damaged: its operator must restore store.sqlite in the state folder, or remove it with all that was stored';
    default:
      return `gave SQLite's error ${code}`;
  }
}

function otherFormat(version: number): string {
  const why = version > formatVersion ? 'a newer waterflow wrote it' : 'it is no store of waterflow';
  return `the agent's store has format ${version}, and this version reads format ${formatVersion}: ${why}`;
}
