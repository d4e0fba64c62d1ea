/** Two servers that share PostgreSQL and Temporal: what one accepts isn't lost with it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newQueueKey } from '../engine/temporal/payloads/queue-keys.ts';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { startPostgres } from '../storage/records/testing/postgres.ts';
import { folderWith } from './command.ts';
import { needs } from './require.ts';
import { askServer, endedRun, serverPlace } from './server-process.ts';
import { beginAgent, beginServer, temporalPlace } from './temporal-world.ts';

const secretive = `
name: secretive
on: manual
jobs:
  work:
    runs-on: work
    steps:
      - run: echo "\${#TOKEN} characters"
        env: { TOKEN: "\${{ secrets.TOKEN }}" }
`;

const isThere = (await needs('temporal')) && (await needs('postgres'));
const postgres = isThere ? await startPostgres({ durable: false }) : undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(!isThere)('two servers on Temporal and PostgreSQL', () => {
  it('start what the other one accepted before it was killed, with its secrets', async () => {
    await using temporal = await startTemporal();
    const { publicKey, privateKey } = await newQueueKey();
    const DATABASE_URL = (await postgres?.createDatabase()) ?? '';
    const config = `temporal: { queue-keys: { work: ${publicKey} } }\n`;
    const at = temporalPlace(temporal, {
      namespace: 'default',
      files: { 'server.yaml': config },
      env: { DATABASE_URL },
    });
    const argv = ['--config', join(at.place.folder, 'server.yaml')];
    const first = await beginServer(at, { argv });
    // Nothing is started while Temporal is away.
    await temporal.stop('fast');
    const sent = await askServer(first, '/v1/workflows', { workflow: secretive, secrets: { TOKEN: 'abcdefgh' } });
    expect(sent).toMatchObject({ status: 201 });
    const run = String(sent.body['id']);
    first.process.kill('SIGKILL');
    await first.process.ended;
    await temporal.start();

    const second = await beginServer(at, { place: serverPlace(), argv });
    const keys = join(folderWith({}), 'queue-keys');
    writeFileSync(keys, `${privateKey}\n`, { mode: 0o600 });
    await beginAgent(at, second, { WATERFLOW_QUEUE_KEYS_FILE: keys });
    await expect
      .poll(async () => (await askServer(second, `/v1/workflows/${run}`)).body['status'], { timeout: 120_000 })
      .toBe('success');
    expect(await endedRun(second, run)).toMatchObject({ status: 'success' });
    const log = await fetch(new URL(`/v1/workflows/${run}/logs`, second.url), { headers: { accept: 'text/plain' } });
    expect(await log.text()).toContain('8 characters');
  });
});
