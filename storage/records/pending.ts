import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { identifier, type Operation, sql } from './sql.ts';
import { refuseNewer, recordsHistory } from './migrate.ts';
import { carryOut, createPool, placeOf } from './postgresql/pool.ts';
import { postgresqlFailure } from './postgresql/failures.ts';
import { sqliteFailure } from './sqlite/failures.ts';
import { migrations as recordsMigrations, type Migration } from './schema.ts';
import type { RecordsPlace } from './session-at.ts';

/** A list of migrations of one database, and the table of those that were applied. */
export interface MigrationList {
  readonly history: string;
  readonly migrations: readonly Migration[];
}

/** Those of the records. */
export const recordsList: MigrationList = { history: recordsHistory, migrations: recordsMigrations };

/** A migration that is not applied yet. */
export interface PendingMigration {
  /** The table that would say so. */
  readonly history: string;
  readonly number: number;
  readonly name: string;
}

/**
 * Looks which migrations a start of this program would apply; nothing is changed, and a server may use the database. STORAGE_FAILED where a newer
 * program has been there, or it can't be reached.
 */
export async function findPending(
  place: RecordsPlace,
  lists: readonly MigrationList[],
): Promise<readonly PendingMigration[]> {
  const where = 'url' in place ? placeOf(place.url) : place.file;
  const last = 'url' in place ? await lastInPostgresql(place.url, lists) : lastInSqlite(place.file, lists);
  return lists.flatMap(({ history, migrations }, index) => {
    const applied = last[index] ?? 0;
    refuseNewer(applied, migrations, where);
    return migrations.filter(({ number }) => number > applied).map(({ number, name }) => ({ history, number, name }));
  });
}

function lastInSqlite(file: string, lists: readonly MigrationList[]): readonly number[] {
  if (!existsSync(file)) return lists.map(() => 0);
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const known = database.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?');
      const last = (history: string): number =>
        Number(database.prepare(`SELECT max(number) AS last FROM ${history}`).get()?.['last'] ?? 0);
      return lists.map(({ history }) => (known.get(history) === undefined ? 0 : last(history)));
    } finally {
      database.close();
    }
  } catch (cause) {
    throw sqliteFailure(cause, { doing: 'look at the records', file });
  }
}

async function lastInPostgresql(url: string, lists: readonly MigrationList[]): Promise<readonly number[]> {
  const pool = createPool(url, { connections: 1 });
  try {
    const last: number[] = [];
    for (const { history } of lists) last.push(await carryOut(pool, lastOf(history)));
    return last;
  } catch (cause) {
    throw postgresqlFailure(cause, { doing: 'look at the records', place: placeOf(url) });
  } finally {
    await pool.end();
  }
}

function* lastOf(history: string): Operation<number> {
  const [table] = yield sql`SELECT CASE WHEN to_regclass(${history}) IS NULL THEN 0 ELSE 1 END AS there`;
  if (Number(table?.['there']) === 0) return 0;
  const [applied] = yield sql`SELECT max(number) AS last FROM ${identifier(history)}`;
  return Number(applied?.['last'] ?? 0);
}
