import { setImmediate as nextTurn } from 'node:timers/promises';
import { isBusy } from '../../folder/failures.ts';
import { closedFailure } from '../failures.ts';
import { migrate } from '../migrate.ts';
import { type Migration, sqliteDialect } from '../schema.ts';
import type { Session } from '../session.ts';
import type { Operation } from '../sql.ts';
import { beginWriting } from './begin-writing.ts';
import { carryOut, type Database, openDatabase } from './database.ts';
import { sqliteFailure } from './failures.ts';

/** How long a write waits for those of other processes: one that tries and tries gets its turn long before. */
const usualPatienceMs = 30_000;

/** Where, and how patiently, is written. */
interface Target {
  readonly database: Database;
  readonly file: string;
  readonly patienceMs: number;
}

/** A write that waits for its commit. */
interface PendingWrite {
  readonly doing: string;
  /** Carries it out within an open transaction; the result settles the promise once that is committed. */
  readonly carryOut: () => () => void;
  readonly reject: (cause: unknown) => void;
}

/** Opens the file, or makes it, and brings its tables up to date. */
export async function openSqliteSession(options: {
  readonly file: string;
  readonly migrations: readonly Migration[];
  readonly now: () => number;
  /** The table of what was applied; default: that of the records. */
  readonly history?: string;
  /** How long a write waits for those of other processes, in ms; default: 30 s. */
  readonly patienceMs?: number;
}): Promise<Session> {
  const { file, history, patienceMs = usualPatienceMs } = options;
  try {
    const database = await openDatabase(file);
    const session = createSession({ database, file, patienceMs });
    try {
      const at = { dialect: sqliteDialect, place: file, now: options.now() };
      const noted = { ...at, ...(history === undefined ? {} : { history }) };
      await session.write('prepare the records', () => migrate(options.migrations, noted));
    } catch (cause) {
      await session[Symbol.asyncDispose]();
      throw cause;
    }
    return session;
  } catch (cause) {
    throw sqliteFailure(cause, { doing: 'open the records', file });
  }
}

function createSession(target: Target): Session {
  const { database, file } = target;
  const { connection } = database;
  let pending: PendingWrite[] = [];
  let committing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  // A sync to disk costs milliseconds, a write microseconds: those that arrive in one turn of the event loop share one, and so do those
  // that arrive while the ones before them wait for another process.
  async function commitPending(): Promise<void> {
    for (;;) {
      await nextTurn();
      const group = pending;
      pending = [];
      if (group.length === 0) break;
      await commitGroup(target, group);
    }
    committing = undefined;
  }

  async function close(): Promise<void> {
    await committing;
    connection.close();
  }

  return {
    driver: 'sqlite',
    async read<Result>(doing: string, operation: () => Operation<Result>): Promise<Result> {
      if (closing !== undefined) throw closedFailure(doing);
      try {
        return carryOut(database, operation());
      } catch (cause) {
        throw sqliteFailure(cause, { doing, file });
      }
    },
    write<Result>(doing: string, operation: () => Operation<Result>): Promise<Result> {
      if (closing !== undefined) return Promise.reject(closedFailure(doing));
      return new Promise<Result>((resolve, reject) => {
        const carryOutOnce = () => {
          const result = carryOut(database, operation());
          return () => resolve(result);
        };
        pending.push({ doing, carryOut: carryOutOnce, reject });
        committing ??= commitPending();
      });
    },
    [Symbol.asyncDispose]() {
      closing ??= close();
      return closing;
    },
  };
}

/** Commits all that succeed, and rejects the others. Where the transaction itself fails, each is tried by itself. */
async function commitGroup(target: Target, group: readonly PendingWrite[]): Promise<void> {
  try {
    for (const settle of await commitTogether(target, group)) settle();
  } catch (cause) {
    // Whoever writes all the time would not let the others of the group write either.
    if (group.length > 1 && !isBusy(cause)) for (const write of group) await commitGroup(target, [write]);
    else for (const { doing, reject } of group) reject(sqliteFailure(cause, { doing, file: target.file }));
  }
}

/** What tells the callers how it ended, once all is on disk. Throws where nothing was written. */
async function commitTogether(target: Target, group: readonly PendingWrite[]): Promise<readonly (() => void)[]> {
  const { database, file, patienceMs } = target;
  const { connection } = database;
  await beginWriting(connection, patienceMs);
  try {
    const settlements = group.map((write) => carryOutApart(database, file, write));
    connection.exec('COMMIT');
    return settlements;
  } catch (cause) {
    // A full disk or an I/O error may have rolled back already.
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw cause;
  }
}

/** One of a group: what it wrote goes where it fails, and the others stay. */
function carryOutApart({ connection }: Database, file: string, write: PendingWrite): () => void {
  connection.exec('SAVEPOINT one');
  try {
    const settle = write.carryOut();
    connection.exec('RELEASE one');
    return settle;
  } catch (cause) {
    if (!connection.isTransaction) throw cause;
    connection.exec('ROLLBACK TO one');
    connection.exec('RELEASE one');
    return () => write.reject(sqliteFailure(cause, { doing: write.doing, file }));
  }
}
