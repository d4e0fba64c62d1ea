import type { Records } from './port.ts';
import { recordsOver } from './records.ts';
import { migrations } from './schema.ts';
import { openSession, type RecordsPlace } from './session-at.ts';

/**
 * Opens the records, and makes or updates their tables. Several handles, also of several processes, may be open at once.
 * STORAGE_FAILED where they can't be reached, or a newer waterflow has used them. `now`: milliseconds since the epoch.
 */
export async function openRecords(
  place: RecordsPlace,
  { now }: { readonly now: () => number } = { now: Date.now },
): Promise<Records> {
  return recordsOver(await openSession(place, { migrations, now }), now);
}
