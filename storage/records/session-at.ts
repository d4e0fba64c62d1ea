import type { Migration } from './schema.ts';
import type { Session } from './session.ts';
import { openSqliteSession } from './sqlite/session.ts';

/** Where records lie: a file of SQLite, for one server; or a database of PostgreSQL, by its URL, for one or several. */
export type RecordsPlace = { readonly file: string } | { readonly url: string };

/** Reaches the database, and brings its tables to the form that the migrations lead to. Several lists of them may live in one. */
export async function openSession(
  place: RecordsPlace,
  options: {
    readonly migrations: readonly Migration[];
    readonly now: () => number;
    /** The table of what was applied, one for each list of migrations; default: that of the records. */
    readonly history?: string;
    /** At most so many connections at a time, where a database is reached by connections. */
    readonly connections?: number;
  },
): Promise<Session> {
  if ('file' in place) return await openSqliteSession({ file: place.file, ...options });
  // Only here: a server with a file of SQLite has no use for the driver, which holds some megabytes.
  const { openPostgresqlSession } = await import('./postgresql/session.ts');
  return await openPostgresqlSession({ url: place.url, ...options });
}
