import { DatabaseSync } from 'node:sqlite';
import { WaterflowFailure } from '../../schemas/index.ts';
import { syncFile } from './private-files.ts';

/** A kind of database file: its tables and the version of them, kept in `user_version`. */
export interface DatabaseFormat {
  readonly version: number;
  readonly schema: string;
  /**
   * FULL syncs at every commit. NORMAL syncs at checkpoints only: the last commits may be lost with the machine's power,
   * never with the process, and the database stays sound.
   */
  readonly synchronous: 'FULL' | 'NORMAL';
}

/** How long a writer waits for another process that reads or copies the file. */
const busyTimeoutMs = 5_000;

/** Makes the tables in an empty file, or opens what is there. A newer format is STORAGE_FAILED. */
export function openDatabase(file: string, format: DatabaseFormat): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    if (versionOf(database) === 0 && isEmpty(database)) initialize(database, format);
    refuseOtherFormat(database, { file, format });
    database.exec('PRAGMA journal_mode = WAL');
    database.exec(`PRAGMA synchronous = ${format.synchronous}`);
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}

/**
 * Makes a database in an empty file that nobody else knows yet, and `fill`s it. It is synced once, as a whole, where making it step by
 * step syncs a dozen times: whoever makes a run waits for all of them.
 */
export function makeDatabase(file: string, format: DatabaseFormat, fill?: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA synchronous = OFF');
    database.exec('PRAGMA journal_mode = MEMORY');
    initialize(database, format);
    fill?.(database);
    database.exec('PRAGMA journal_mode = WAL');
  } finally {
    database.close();
  }
  syncFile(file);
}

/** Opens a file that must be there, to look at it: nothing is written, no checkpoint is made when it is closed. */
export function inspectDatabase(file: string, format: DatabaseFormat): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: busyTimeoutMs });
  try {
    refuseOtherFormat(database, { file, format });
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}

/** Runs `action` in one transaction: all of it or nothing. */
export function transaction(database: DatabaseSync, action: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    action();
    database.exec('COMMIT');
  } catch (cause) {
    // A full disk or an I/O error may have rolled back already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw cause;
  }
}

function initialize(database: DatabaseSync, format: DatabaseFormat): void {
  transaction(database, () => {
    database.exec(format.schema);
    database.exec(`PRAGMA user_version = ${format.version}`);
  });
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
}

function refuseOtherFormat(
  database: DatabaseSync,
  at: { readonly file: string; readonly format: DatabaseFormat },
): void {
  const version = versionOf(database);
  if (version === at.format.version) return;
  throw new WaterflowFailure({
    code: 'STORAGE_FAILED',
    message: `${at.file} has format ${version}; this version of waterflow reads format ${at.format.version}`,
    remedy:
      version > at.format.version
        ? 'It was written by a newer waterflow: use that version, or a newer one.'
        : 'It was not written by waterflow, or it is damaged: use another state folder.',
    file: at.file,
  });
}
