import type { Records } from './port.ts';
import { recordsOver } from './records.ts';
import { migrations } from './schema.ts';
import { openSqliteSession } from './sqlite/session.ts';

/** Where records lie: a file of SQLite, for one server; or a database of PostgreSQL, by its URL, for one or several. */
export type RecordsPlace = { readonly file: string } | { readonly url: string };

/**
 * Opens the records, and makes or updates their tables. Several handles, also of several processes, may be open at once.
 * STORAGE_FAILED where they can't be reached, or a newer waterflow has used them. `now`: milliseconds since the epoch.
 */
export async function openRecords(
  place: RecordsPlace,
  powers: { readonly now: () => number } = { now: Date.now },
): Promise<Records> {
  if ('url' in place) throw new Error('not yet');
  return recordsOver(await openSqliteSession({ file: place.file, migrations, ...powers }), powers.now);
}
