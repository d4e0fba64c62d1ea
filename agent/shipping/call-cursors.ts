import { DatabaseSync } from 'node:sqlite';
import type { LogPosition } from '../../runtime/audit/index.ts';
import { type AbsolutePath, parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';

/**
 * How far the server has each run's audit log, in a file, so that it outlives the agent's process. What is lost of it is sent again, which the
 * server notices. Throws WaterflowFailure STORAGE_FAILED.
 */
export interface CallCursors extends Disposable {
  /** Those of runs that may have more to send. */
  open(): readonly RunId[];
  /** The run may have more to send from now on. How far it is. */
  follow(run: RunId): LogPosition;
  move(run: RunId, position: LogPosition): void;
  /** The server has all of it, or never will. */
  close(run: RunId): void;
}

/** Opens them, with what an earlier process left there. */
export function openCallCursors(file: AbsolutePath): CallCursors {
  const database = inOurWords(() => open(file));
  const follow = database.prepare(
    'INSERT INTO cursors (run) VALUES (?) ON CONFLICT (run) DO UPDATE SET open = 1 RETURNING segment, offset',
  );
  const move = database.prepare('UPDATE cursors SET segment = ?, offset = ? WHERE run = ?');
  const close = database.prepare('UPDATE cursors SET open = 0 WHERE run = ?');
  const list = database.prepare('SELECT run FROM cursors WHERE open = 1 ORDER BY run');
  return {
    open: () => inOurWords(() => list.all()).flatMap(({ run }) => parseRunId(String(run)) ?? []),
    follow(run) {
      const row = inOurWords(() => follow.get(run));
      return { segment: Number(row?.['segment']), offset: Number(row?.['offset']) };
    },
    move: (run, { segment, offset }) => void inOurWords(() => move.run(segment, offset, run)),
    close: (run) => void inOurWords(() => close.run(run)),
    [Symbol.dispose]: () => database.close(),
  };
}

function open(file: AbsolutePath): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5000 });
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -256;
    CREATE TABLE IF NOT EXISTS cursors (run TEXT PRIMARY KEY, segment INTEGER NOT NULL DEFAULT 0,
      offset INTEGER NOT NULL DEFAULT 0, open INTEGER NOT NULL DEFAULT 1) STRICT;
    CREATE INDEX IF NOT EXISTS open_cursors ON cursors (run) WHERE open = 1;
  `);
  return database;
}

function inOurWords<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw new WaterflowFailure(
      {
        code: 'STORAGE_FAILED',
        message: `how far host calls are sent can't be kept: ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy: "Look at the disk of the agent's `state-dir`.",
      },
      { cause },
    );
  }
}
