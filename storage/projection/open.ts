import { openSession, type RecordsPlace } from '../records/session-at.ts';
import type { Projection } from './port.ts';
import { projectionOver } from './projection.ts';
import { projectionHistory, projectionMigrations } from './schema.ts';

/** Beside those of the records. */
const connections = 5;

/**
 * Opens the projection, and makes or updates its tables; they may lie where the records do. Several handles, also of several processes,
 * may be open at once. STORAGE_FAILED where the database can't be reached, or a newer waterflow has used it. `now`: milliseconds since
 * the epoch.
 */
export async function openProjection(
  place: RecordsPlace,
  { now }: { readonly now: () => number } = { now: Date.now },
): Promise<Projection> {
  const migrations = projectionMigrations;
  return projectionOver(await openSession(place, { migrations, history: projectionHistory, connections, now }));
}
