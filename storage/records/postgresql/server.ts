import { WaterflowFailure } from '../../../schemas/index.ts';
import { type Operation, sql } from '../sql.ts';

const oldestVersion = 140_000;

/** STORAGE_FAILED for a server that is too old, or set up so that it would lose or refuse what is written. */
export function* refuseUnfitServer(place: string): Operation<void> {
  const [row] = yield sql`SELECT current_setting('server_version_num') AS version,
    current_setting('server_encoding') AS encoding, current_setting('synchronous_commit') AS synchronous`;
  if (Number(row?.['version']) < oldestVersion) {
    throw unfit(`${place} has version ${row?.['version']}`, 'Use PostgreSQL 14 or a newer one.');
  }
  if (row?.['encoding'] !== 'UTF8') {
    throw unfit(
      `the database of ${place} has the encoding ${row?.['encoding']}`,
      "Make it anew with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.",
    );
  }
  if (row?.['synchronous'] === 'off') {
    throw unfit(
      `${place} has synchronous_commit off: a crash would lose what was acknowledged`,
      'Switch it on for this database: ALTER DATABASE … SET synchronous_commit = on.',
    );
  }
}

function unfit(message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'STORAGE_FAILED', message, remedy });
}
