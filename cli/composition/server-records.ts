import { join } from 'node:path';
import type { ServerConfig } from '../../server/config.ts';
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
