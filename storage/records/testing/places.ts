import { join } from 'node:path';
import type { ShippedLogsPlace } from '../../logs/index.ts';
import type { RecordsPlace } from '../session-at.ts';
import type { TestPostgres } from './postgres.ts';

let server: Pick<TestPostgres, 'createDatabase'> | undefined;
const places = new Map<string, Promise<RecordsPlace>>();

/** From now on {@link recordsPlaceIn} gives databases of this server: so suites that know nothing of it run over PostgreSQL. */
export function useTestPostgres(postgres: Pick<TestPostgres, 'createDatabase'>): void {
  server = postgres;
}

/**
 * Where a test's records lie, the same again for the same folder: a file in it; or, where {@link useTestPostgres} was called, a
 * database that is empty at first.
 */
export function recordsPlaceIn(folder: string): Promise<RecordsPlace> {
  const known = places.get(folder);
  if (known !== undefined) return known;
  const place = makePlace(folder);
  places.set(folder, place);
  return place;
}

async function makePlace(folder: string): Promise<RecordsPlace> {
  return server === undefined ? { file: join(folder, 'server.sqlite') } : { url: await server.createDatabase() };
}

/** Where what agents ship of logs lies beside them. */
export async function shippedLogsPlaceIn(folder: string): Promise<ShippedLogsPlace> {
  const place = await recordsPlaceIn(folder);
  return 'url' in place ? place : { folder: join(folder, 'shipped-logs') };
}
