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
    const select = "SELECT run, status FROM runs WHERE status NOT IN ('success', 'failure', 'cancelled') ORDER BY run";
    const unfinished = database.prepare(select).all();
    return {
      form,
      runs,
      unfinished: unfinished.map(({ run, status }) => ({ run: String(run), status: String(status) })),
    };
  } finally {
    database.close();
  }
}
