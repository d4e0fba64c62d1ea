import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { WaterflowFailure } from '../../../schemas/index.ts';
import { isBusy } from '../../folder/failures.ts';
import { ensurePrivateFile, ensurePrivateFolder } from '../../folder/private-files.ts';
import { type Operation, type Sql, type SqlRow, textOf } from '../sql.ts';
import { fromStored, toStored } from '../text.ts';

/** How long SQLite itself waits for another process, e.g. for one that brings what a killed one left in order. */
export const busyTimeoutMs = 5_000;
/** SQLite doesn't wait by itself where two processes switch a new file to WAL at once. */
const walRetryMs = 20;
/** Lists with many filters have many texts. */
const keptStatements = 200;

/** One connection to the file, and its prepared statements. */
export interface Database {
  readonly connection: DatabaseSync;
  readonly statements: Map<string, StatementSync>;
}

/** Opens the file, or makes it in a folder that only this user may enter. Every commit is synced. */
export async function openDatabase(file: string): Promise<Database> {
  ensurePrivateFolder(dirname(file));
  ensurePrivateFile(file);
  const connection = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    refuseForeignFile(connection, file);
    await switchToWal(connection);
    connection.exec('PRAGMA synchronous = FULL');
    return { connection, statements: new Map() };
  } catch (cause) {
    connection.close();
    throw cause;
  }
}

/** Carries out an operation's statements at once, in whatever transaction is open. */
export function carryOut<Result>(database: Database, operation: Operation<Result>): Result {
  let step = operation.next([]);
  while (step.done !== true) {
    let rows: readonly SqlRow[];
    try {
      rows = execute(database, step.value);
    } catch (cause) {
      operation.return(undefined as Result);
      throw cause;
    }
    step = operation.next(rows);
  }
  return step.value;
}

function execute(database: Database, statement: Sql): readonly SqlRow[] {
  const prepared = prepare(
    database,
    textOf(statement, () => '?'),
  );
  // Columns hold texts and numbers only.
  return (prepared.all(...statement.values.map(toStored)) as unknown as SqlRow[]).map(fromStored);
}

function prepare({ connection, statements }: Database, text: string): StatementSync {
  const known = statements.get(text);
  if (known !== undefined) return known;
  if (statements.size >= keptStatements) statements.clear();
  const prepared = connection.prepare(text);
  statements.set(text, prepared);
  return prepared;
}

async function switchToWal(connection: DatabaseSync): Promise<void> {
  for (let waited = 0; ; waited += walRetryMs) {
    try {
      connection.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (cause) {
      if (!isBusy(cause) || waited >= busyTimeoutMs) throw cause;
      await sleep(walRetryMs);
    }
  }
}

/** Of what was applied, see migrate(): one for each list of migrations in the file. */
const historyName = /^waterflow_(?:[a-z]+_)?migrations$/;

/** A file of something else has tables, but none of applied migrations. */
function refuseForeignFile(connection: DatabaseSync, file: string): void {
  const names = connection
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all()
    .map((row) => String(row['name']));
  if (names.length === 0 || names.some((name) => historyName.test(name))) return;
  throw new WaterflowFailure({
    code: 'STORAGE_FAILED',
    message: `${file} is a database of something else`,
    remedy: 'Use another state folder, or move that file away.',
    file,
  });
}
