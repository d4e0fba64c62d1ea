import { join } from 'node:path';
import type { ServerConfig } from '../../server/config.ts';
import type { BlobsPlace } from '../../storage/blobs/index.ts';
import type { ShippedLogsPlace } from '../../storage/logs/index.ts';
import type { RecordsPlace } from '../../storage/records/index.ts';

/** Where a server's records lie: PostgreSQL where it is configured, else a file of the state folder. */
export function recordsPlace({ databaseUrl, state }: Pick<ServerConfig, 'databaseUrl' | 'state'>): RecordsPlace {
  return databaseUrl === undefined ? { file: join(state, 'server.sqlite') } : { url: databaseUrl };
}

/** Where what agents ship of logs lies: the same database, or a folder of the state folder. */
export function shippedLogsPlace({
  databaseUrl,
  state,
}: Pick<ServerConfig, 'databaseUrl' | 'state'>): ShippedLogsPlace {
  return databaseUrl === undefined ? { folder: join(state, 'shipped-logs') } : { url: databaseUrl };
}

/** Where blobs that agents ship lie: a bucket where one is configured, else a folder of the state folder. */
export function blobsPlace({ blobs, state }: Pick<ServerConfig, 'blobs' | 'state'>): BlobsPlace {
  // The lock of the state folder says that nobody else writes there.
  if (blobs === undefined) return { folder: join(state, 'blobs'), alone: true };
  return { s3: { ...blobs, spool: join(state, 'blobs-on-their-way') } };
}
