import { DatabaseSync } from 'node:sqlite';
import type { RecordsFacts } from './manifest.ts';

/** Reads what a copy of the records says, which nobody else uses. Throws what SQLite throws. */
export function readRecords(file: string): RecordsFacts | undefined {
  const database = new DatabaseSync(file);
  try {
    if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'waterflow_migrations'").get() === undefined)
      return undefined;
    const form = Number(database.prepare('SELECT max(number) AS form FROM waterflow_migrations').get()?.['form']);
    const runs = Number(database.prepare('SELECT count(*) AS runs FROM runs').get()?.['runs']);
    const projected = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'projected_runs'").get();
    const inTemporal = projected === undefined ? '0' : 'run IN (SELECT run FROM projected_runs)';
    const unfinished = database
      .prepare(
        `SELECT run, status, ${inTemporal} AS in_temporal FROM runs WHERE status NOT IN ('success', 'failure', 'cancelled') ORDER BY run`,
      )
      .all();
    return {
      form,
      runs,
      unfinished: unfinished.map(({ run, status, in_temporal }) => ({
        run: String(run),
        status: String(status),
        ...(in_temporal === 1 ? { in_temporal: true } : {}),
      })),
    };
  } finally {
    database.close();
  }
}
