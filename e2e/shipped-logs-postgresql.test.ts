import { afterAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../storage/records/testing/postgres.ts';
import { eventsOf } from './log-client.ts';
import { needs } from './require.ts';
import { askServer, type ServerProcess, serverPlace } from './server-process.ts';

const postgres = (await needs('postgres')) ? await startPostgres({ durable: false }) : undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());

const waiting = 'on: manual\njobs: { remote: { steps: [{ uses: sleep@v1, with: { duration: 10m } }] } }\n';
const batch = 5;

/** Ships the lines behind the first `after` as an agent does; where they end then. */
async function ship(server: ServerProcess, { run, key, after }: { run: string; key: string; after: number }) {
  const lines = Array.from({ length: batch }, (_, index) => {
    const place = { run, job: 'remote', step: '0', job_attempt: 1, attempt: 1, sequence: after + index + 1 };
    return JSON.stringify({
      ...place,
      at: new Date().toISOString(),
      stream: 'stdout',
      text: `line ${after + index + 1}\n`,
    });
  });
  const response = await fetch(new URL('/v1/agent/logs', server.url), {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', 'x-api-key': key },
    body: `${lines.join('\n')}\n`,
  });
  const { wanted } = (await response.json()) as { readonly wanted: readonly { readonly sequence: number }[] };
  expect({ status: response.status, wanted: wanted[0]?.sequence }).toEqual({ status: 200, wanted: after + batch + 1 });
  return after + batch;
}

describe.skipIf(postgres === undefined)('servers that share a PostgreSQL', () => {
  it('share what agents ship: one is killed, and a follower at the other misses nothing', async () => {
    const env = { DATABASE_URL: (await postgres?.createDatabase()) ?? '' };
    const first = await serverPlace().begin({ env });
    const second = await serverPlace().begin({ env });
    const made = await askServer(first, '/v1/keys', { name: 'agent', role: 'agent' });
    const key = String(made.body['key']);
    const run = String((await askServer(first, '/v1/workflows', { workflow: waiting })).body['id']);

    const following = await fetch(new URL(`/v1/workflows/${run}/logs`, second.url), {
      headers: { accept: 'text/event-stream' },
    });
    const told: string[] = [];
    let shipped = 0;
    const shipTo = async (server: ServerProcess): Promise<void> => {
      shipped = await ship(server, { run, key, after: shipped });
    };
    await shipTo(first);
    for await (const { event, data } of eventsOf(following)) {
      if (event !== 'message') continue;
      told.push(JSON.parse(data).text);
      if (told.length < shipped) continue;
      if (shipped === 3 * batch) first.process.kill('SIGKILL');
      if (shipped === 6 * batch) break;
      await shipTo(shipped < 3 * batch ? first : second);
    }
    expect(told).toEqual(Array.from({ length: 6 * batch }, (_, index) => `line ${index + 1}`));
  });
});
