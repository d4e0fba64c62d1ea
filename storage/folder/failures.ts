import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { WaterflowFailure } from '../../schemas/index.ts';

/** What was being done to which file, for the message: `could not append to the journal <file>`. */
export interface StorageAttempt {
  readonly doing: string;
  readonly file: string;
}

// Primary result codes of SQLite (https://www.sqlite.org/rescode.html); the low byte of an extended one.
const sqliteBusy = 5;
const sqliteInputOutput = 10;
const sqliteCorrupt = 11;
const sqliteFull = 13;
const sqliteNotADatabase = 26;

/** Below this many free bytes an I/O error of SQLite is taken for a full disk: it can't make a page and its WAL frame. */
const nearlyFullBytes = 64 * 1024;

/** The primary result code of an error that node:sqlite threw; undefined for any other error. */
function sqliteCode(cause: unknown): number | undefined {
  if (cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number') return cause.errcode & 0xff;
  return undefined;
}

/** True where SQLite says that another connection holds the lock. */
export function isBusy(cause: unknown): boolean {
  return sqliteCode(cause) === sqliteBusy;
}

/** True where SQLite says that the file's content can't be a database's. */
export function isCorrupt(cause: unknown): boolean {
  const code = sqliteCode(cause);
  return code === sqliteCorrupt || code === sqliteNotADatabase;
}

/** True for an error of node:fs with this code, e.g. `ENOENT`. */
export function hasCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code;
}

function isFull(cause: unknown, file: string): boolean {
  if (hasCode(cause, 'ENOSPC') || hasCode(cause, 'EDQUOT') || hasCode(cause, 'EFBIG')) return true;
  const code = sqliteCode(cause);
  if (code === sqliteFull) return true;
  // A WAL's shared memory file that can't grow is an I/O error, not SQLITE_FULL (SQLite 3.53).
  return code === sqliteInputOutput && freeBytes(dirname(file)) < nearlyFullBytes;
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** What went wrong below the store, as a failure that users can act on. A WaterflowFailure stays what it is. */
export function storageFailure(cause: unknown, attempt: StorageAttempt): WaterflowFailure {
  if (cause instanceof WaterflowFailure) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (isFull(cause, attempt.file)) {
    return new WaterflowFailure(
      {
        code: 'STORAGE_FULL',
        message: `could not ${attempt.doing}: no space is left for ${attempt.file} (${reason})`,
        remedy: 'Free space on that disk, or raise its quota. What was written before is intact: then resume the run.',
        file: attempt.file,
      },
      { cause },
    );
  }
  return new WaterflowFailure(
    {
      code: 'STORAGE_FAILED',
      message: `could not ${attempt.doing}: ${attempt.file}: ${reason}`,
      remedy: 'Check that the state folder exists, that this user may write to it, and that its disk works.',
      file: attempt.file,
    },
    { cause },
  );
}

/** Runs `action` and turns whatever it throws into a failure with a remedy. */
export function attempt<Result>(doing: StorageAttempt, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    throw storageFailure(cause, doing);
  }
}

/** As {@link attempt}, for rows that are read one by one. */
export function* attemptEach<Row>(doing: StorageAttempt, rows: () => Iterable<Row>): IterableIterator<Row> {
  try {
    yield* rows();
  } catch (cause) {
    throw storageFailure(cause, doing);
  }
}
