/** How servers and engines reach Temporal: by certificates, by API keys, and not at all for a while. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { apiKeyBefore, authority, tlsBefore } from './before-temporal.ts';
import { start } from './command.ts';
import { needs } from './require.ts';
import { askServer, logOf, type ServerProcess } from './server-process.ts';
import { beginAgent, beginServer, temporalPlace } from './temporal-world.ts';

const greeting = 'name: greeting\non: manual\njobs: { work: { runs-on: work, steps: [{ run: echo hello }] } }\n';

async function submit(server: ServerProcess): Promise<string> {
  const { status, body } = await askServer(server, '/v1/workflows', { workflow: greeting });
  expect(status).toBe(201);
  return String(body['id']);
}

async function succeeds(server: ServerProcess, run: string): Promise<void> {
  const shown = async (): Promise<unknown> => (await askServer(server, `/v1/workflows/${run}`)).body;
  await expect.poll(shown, { timeout: 90_000 }).toMatchObject({ status: expect.stringMatching(/success|failure/u) });
  const { status, error, jobs } = (await askServer(server, `/v1/workflows/${run}`)).body;
  if (status !== 'success') throw new Error(JSON.stringify({ status, error, jobs }));
}

async function readiness(server: ServerProcess): Promise<unknown> {
  return (await askServer(server, '/readyz')).body;
}

describe.skipIf(!(await needs('temporal')))('a server that reaches Temporal', { timeout: 400_000 }, () => {
  it('by its certificate goes on with another one once it is renewed', async () => {
    await using temporal = await startTemporal();
    const { folder, issue } = authority();
    for (const name of ['server', 'waterflow', 'renewed']) issue(name);
    const { host, clients } = await tlsBefore(temporal.address, folder);
    const [cert, key] = [join(folder, 'waterflow.pem'), join(folder, 'waterflow.key')];
    const tls = `{ ca: ${join(folder, 'ca.pem')}, cert: ${cert}, key: ${key}, server-name: temporal.test }`;
    const at = temporalPlace(temporal, {
      namespace: 'default',
      files: { 'server.yaml': `temporal: { tls: ${tls} }\n` },
      env: { TEMPORAL_HOST: host },
    });
    const config = ['--config', join(at.place.folder, 'server.yaml')];
    const server = await beginServer(at, { argv: config });
    await beginAgent(at, server);
    await succeeds(server, await submit(server));
    expect(new Set(clients)).toEqual(new Set(['waterflow']));
    copyFileSync(join(folder, 'renewed.key'), key);
    copyFileSync(join(folder, 'renewed.pem'), cert);
    await server.process.complaining('the connection to Temporal was renewed');
    await succeeds(server, await submit(server));
    expect(clients).toContain('renewed');
  });

  it('by an API key shows it, as an engine does', async () => {
    await using temporal = await startTemporal();
    const { folder, issue } = authority();
    issue('server');
    const { host, shown } = await apiKeyBefore(temporal.address, folder, 'the-key');
    const env = {
      TEMPORAL_HOST: host,
      TEMPORAL_TLS_CA: join(folder, 'ca.pem'),
      TEMPORAL_TLS_SERVER_NAME: 'temporal.test',
      TEMPORAL_API_KEY: 'the-key',
    };
    const at = temporalPlace(temporal, { namespace: 'default', files: {}, env });
    const engine = start(['engine', '--state', at.place.state], { env: at.env });
    await engine.complaining('the engine carries out runs');
    const server = await beginServer(at);
    await beginAgent(at, server);
    await succeeds(server, await submit(server));
    expect(shown).toEqual(new Set(['Bearer the-key']));
    expect(server.process.stderr + engine.stderr).not.toContain('the-key');
  });

  it('takes submissions while it is away, from the start and later, and starts them once it is there', async () => {
    await using temporal = await startTemporal();
    await temporal.stop('fast');
    const at = temporalPlace(temporal, { namespace: 'default', files: {} });
    const server = await at.place.begin({ env: at.env });
    const away = { status: 'not_ready', missing: [{ part: 'engine', reason: expect.any(String) }] };
    await expect.poll(() => readiness(server)).toEqual(away);
    await server.process.complaining('Temporal is not reached');
    expect(logOf(server.process.stderr).find(({ code }) => code === 'SERVER_UNAVAILABLE')).toMatchObject({
      remedy: expect.stringContaining('TEMPORAL_HOST'),
    });
    const early = await submit(server);
    // One that never reached it can be stopped, too.
    server.process.kill('SIGTERM');
    expect((await server.process.ended).code).toBe(0);
    const next = await at.place.begin({ env: at.env });
    await temporal.start();
    await expect.poll(() => readiness(next)).toMatchObject({ status: 'ready' });
    await beginAgent(at, next);
    await succeeds(next, early);

    await temporal.stop('immediate');
    await expect.poll(() => readiness(next)).toEqual(away);
    const late = await submit(next);
    await temporal.start();
    await expect.poll(() => readiness(next)).toMatchObject({ status: 'ready' });
    await succeeds(next, late);
  });
});
