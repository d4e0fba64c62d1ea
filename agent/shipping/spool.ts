import { DatabaseSync } from 'node:sqlite';
import { type AbsolutePath, type RunId, WaterflowFailure } from '../../schemas/index.ts';

/** Lines that wait for a server, all of one run, in the order in which they came. */
export interface SpooledBatch {
  readonly run: RunId;
  readonly lines: readonly string[];
  /** Of the last one. */
  readonly id: number;
}

/**
 * What an agent has to tell a server, until the server has taken it: in a file, so that it outlives the agent's process, and no more of it than
 * there is room for. Lines have numbers that only grow.
 */
export interface Spool extends Disposable {
  /** The line's number; undefined where there is no room, and then it wasn't kept. Throws WaterflowFailure STORAGE_*. */
  add(run: RunId, line: string): number | undefined;
  /** The oldest lines; undefined where none wait. */
  next(): SpooledBatch | undefined;
  /** The lines of a run up to that number were taken, or never will be. */
  forget(run: RunId, id: number): void;
  /** The number of the oldest line; undefined where none waits. */
  readonly first: number | undefined;
  /** In bytes. */
  readonly size: number;
}

/** Of a batch, below what the server takes in one request (1 MiB), also where every character is escaped once more. */
const batchBytes = 512 * 1024;
const batchLines = 2000;
/** SQLite's result code of a disk that is full. */
const full = 13;

/** Opens a spool, with what an earlier process left in it. */
export function openSpool(file: AbsolutePath, { mostBytes }: { readonly mostBytes: number }): Spool {
  const database = inOurWords(() => open(file));
  const insert = database.prepare('INSERT INTO lines (run, line) VALUES (?, ?)');
  const oldest = database.prepare('SELECT id, run FROM lines ORDER BY id LIMIT 1');
  const ofRun = database.prepare('SELECT id, line FROM lines WHERE run = ? ORDER BY id LIMIT ?');
  const remove = database.prepare(
    'DELETE FROM lines WHERE run = ? AND id <= ? RETURNING length(CAST(line AS BLOB)) AS bytes',
  );
  const { total } = database
    .prepare('SELECT coalesce(sum(length(CAST(line AS BLOB))), 0) AS total FROM lines')
    .get() as {
    readonly total: number;
  };
  let size = total;
  return {
    add(run, line) {
      const bytes = Buffer.byteLength(line);
      if (size + bytes > mostBytes) return undefined;
      const { lastInsertRowid } = inOurWords(() => insert.run(run, line));
      size += bytes;
      return Number(lastInsertRowid);
    },
    next() {
      // The table's own columns.
      const first = oldest.get() as { readonly run: RunId } | undefined;
      if (first === undefined) return undefined;
      const rows = ofRun.all(first.run, batchLines) as unknown as readonly {
        readonly id: number;
        readonly line: string;
      }[];
      let bytes = 0;
      const fitting = rows.filter(({ line }, index) => {
        bytes += Buffer.byteLength(line) + 1;
        return index === 0 || bytes <= batchBytes;
      });
      return { run: first.run, lines: fitting.map(({ line }) => line), id: fitting.at(-1)?.id ?? 0 };
    },
    forget(run, id) {
      const rows = inOurWords(() => remove.all(run, id)) as unknown as readonly { readonly bytes: number }[];
      size -= rows.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    get first() {
      return (oldest.get() as { readonly id: number } | undefined)?.id;
    },
    get size() {
      return size;
    },
    [Symbol.dispose]: () => database.close(),
  };
}

function open(file: AbsolutePath): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5000 });
  // What is written outlives the process; the last moment before a power failure may be lost.
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -512;
    CREATE TABLE IF NOT EXISTS lines (id INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, line TEXT NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS lines_of_run ON lines (run, id);
  `);
  return database;
}

function inOurWords<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    const isFull = cause instanceof Error && 'errcode' in cause && cause.errcode === full;
    throw new WaterflowFailure(
      {
        code: isFull ? 'STORAGE_FULL' : 'STORAGE_FAILED',
        message: `the agent's spool can't be used: ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy: "Look at the disk of the agent's `state-dir`.",
      },
      { cause },
    );
  }
}
