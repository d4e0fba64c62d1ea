import { hash } from 'node:crypto';
import { type Digest, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { openSession, type RecordsPlace } from '../records/session-at.ts';
import { type Operation, sql } from '../records/sql.ts';
import { textFrom } from '../records/text.ts';
import type { KeptPayloads } from './port.ts';
import { payloadMigrations, payloadsHistory } from './schema.ts';

/** Beside those of the records. */
const connections = 3;
/** Of one transaction: each may have megabytes. */
const removedAtOnce = 50;

/**
 * Opens them, and makes or updates their table; they lie where the records do, which all servers and engines of a database share.
 * STORAGE_FAILED where the database can't be reached, or a newer waterflow has used it.
 */
export async function openPayloads(place: RecordsPlace): Promise<KeptPayloads> {
  const session = await openSession(place, {
    migrations: payloadMigrations,
    history: payloadsHistory,
    connections,
    now: Date.now,
  });
  return {
    async put(run, digest, bytes) {
      requireDigest(digest, bytes);
      await session.write('keep a payload', () => put(run, digest, Buffer.from(bytes).toString('base64')));
    },
    get: (run, digest) => session.read('read a payload', () => get(run, digest)),
    async remove(run) {
      while ((await session.write('remove payloads of a run', () => removeSome(run))) > 0);
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** INVALID_INPUT. */
function requireDigest(digest: Digest, bytes: Uint8Array): void {
  const found = `sha256:${hash('sha256', bytes, 'hex')}`;
  if (found === digest) return;
  throw new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `the payload was announced as ${digest} and is ${found}`,
    remedy: 'Send it again, whole; it may have been cut off or changed on its way.',
  });
}

function* put(run: RunId, digest: Digest, content: string): Operation<void> {
  yield sql`INSERT INTO run_payloads (run, digest, content) VALUES (${run}, ${digest}, ${content}) ON CONFLICT DO NOTHING`;
}

function* get(run: RunId, digest: Digest): Operation<Uint8Array | undefined> {
  const [row] = yield sql`SELECT content FROM run_payloads WHERE run = ${run} AND digest = ${digest}`;
  return row === undefined ? undefined : Buffer.from(textFrom(row, 'content'), 'base64');
}

/** Gives how many were removed. */
function* removeSome(run: RunId): Operation<number> {
  const removed = yield sql`DELETE FROM run_payloads WHERE run = ${run} AND digest IN (
      SELECT digest FROM run_payloads WHERE run = ${run} LIMIT ${removedAtOnce}
    ) RETURNING digest`;
  return removed.length;
}
