import { openFolderLogs } from './folder/logs.ts';
import type { ShippedLogs } from './port.ts';
import { defaultLimitBytes } from './standing.ts';

/** Where shipped logs lie: a folder, for one server; or a database of PostgreSQL, by its URL, for one or several. */
export type ShippedLogsPlace = { readonly folder: string } | { readonly url: string };

/**
 * Opens them, and makes or updates their tables. STORAGE_FAILED where they can't be reached, or a newer waterflow has used them.
 * `limitBytes`: how much is kept of one step's attempt, 64 MiB by default.
 */
export async function openShippedLogs(
  place: ShippedLogsPlace,
  { limitBytes = defaultLimitBytes }: { readonly limitBytes?: number } = {},
): Promise<ShippedLogs> {
  if ('folder' in place) return openFolderLogs({ folder: place.folder, limitBytes });
  // Only here, as the driver is (records/session-at.ts).
  const { openPostgresqlLogs } = await import('./postgresql/logs.ts');
  return await openPostgresqlLogs({ url: place.url, limitBytes, now: Date.now });
}
