import { closedFailure } from '../failures.ts';
import { migrate } from '../migrate.ts';
import { type Migration, sqliteDialect } from '../schema.ts';
import type { Session } from '../session.ts';
import type { Operation } from '../sql.ts';
import { type Database, carryOut, openDatabase } from './database.ts';
import { sqliteFailure } from './failures.ts';

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
}): Promise<Session> {
  const { file, history } = options;
  try {
    const database = await openDatabase(file);
    const session = createSession(database, file);
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

function createSession(database: Database, file: string): Session {
  const { connection } = database;
  let pending: PendingWrite[] = [];

  // A sync to disk costs milliseconds, a write microseconds: those that arrive in one turn of the event loop share one.
  function commitPending(): void {
    const group = pending;
    pending = [];
    if (group.length > 0) commitGroup(database, file, group);
  }

  return {
    driver: 'sqlite',
    async read<Result>(doing: string, operation: () => Operation<Result>): Promise<Result> {
      if (!connection.isOpen) throw closedFailure(doing);
      try {
        return carryOut(database, operation());
      } catch (cause) {
        throw sqliteFailure(cause, { doing, file });
      }
    },
    write<Result>(doing: string, operation: () => Operation<Result>): Promise<Result> {
      if (!connection.isOpen) return Promise.reject(closedFailure(doing));
      return new Promise<Result>((resolve, reject) => {
        if (pending.length === 0) setImmediate(commitPending);
        const carryOutOnce = () => {
          const result = carryOut(database, operation());
          return () => resolve(result);
        };
        pending.push({ doing, carryOut: carryOutOnce, reject });
      });
    },
    async [Symbol.asyncDispose]() {
      if (!connection.isOpen) return;
      commitPending();
      connection.close();
    },
  };
}

/** Commits all that succeed, and rejects the others. Where the transaction itself fails, each is tried by itself. */
function commitGroup(database: Database, file: string, group: readonly PendingWrite[]): void {
  try {
    for (const settle of commitTogether(database, file, group)) settle();
  } catch (cause) {
    const [first] = group;
    if (group.length > 1) for (const write of group) commitGroup(database, file, [write]);
    else if (first !== undefined) first.reject(sqliteFailure(cause, { doing: first.doing, file }));
  }
}

/** What tells the callers how it ended, once all is on disk. Throws where nothing was written. */
function commitTogether(database: Database, file: string, group: readonly PendingWrite[]): readonly (() => void)[] {
  const { connection } = database;
  connection.exec('BEGIN IMMEDIATE');
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
