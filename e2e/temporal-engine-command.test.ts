/** `waterflow engine`: the worker that carries runs out, as a process of its own. */
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { startAgentOf } from './agent-world.ts';
import { folderWith, type RunningCommand, start, waterflow } from './command.ts';
import { needs } from './require.ts';
import { askServer, logOf } from './server-process.ts';
import { beginServer, type TemporalPlace, temporalPlace } from './temporal-world.ts';

const steps = 'steps: [{ run: echo one; sleep 2 }, { run: echo two }]';
const two = `name: two\non: manual\njobs: { work: { runs-on: work, ${steps} } }\n`;

const isThere = await needs('temporal');
const temporal = isThere ? await startTemporal({ namespaces: ['alone'] }) : undefined;
afterAll(() => temporal?.[Symbol.asyncDispose]());

function placeIn(namespace: string): TemporalPlace {
  if (temporal === undefined) throw new Error('there is no Temporal');
  return temporalPlace(temporal, { namespace, files: {} });
}

/** Starts an engine over the records of the servers of a place. */
function beginEngine({ place, env }: TemporalPlace, more: Readonly<Record<string, string>> = {}): RunningCommand {
  return start(['engine', '--state', place.state], { cwd: place.folder, env: { ...env, ...more } });
}

describe('waterflow engine', { timeout: 240_000 }, () => {
  it('says what it is for, and where Temporal has to be named', async () => {
    const help = await waterflow(['engine', '--help']);
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Temporal') });
    const nowhere = await waterflow(['engine', '--state', folderWith({}), '--json']);
    expect(nowhere.code).toBe(2);
    expect(nowhere.stdout + nowhere.stderr).toContain('TEMPORAL_HOST');
  });

  const keys = (folder: string): string => join(folder, 'payload-keys');
  it.each([
    ['a certificate that is not there', { TEMPORAL_TLS_CA: '/nowhere/ca.pem' }, 'FILE_NOT_READABLE'],
    ['a certificate without its key', { TEMPORAL_TLS_CERT: '/nowhere/cert.pem' }, 'USAGE'],
    ['an address that is none', { TEMPORAL_HOST: 'http://temporal:7233' }, 'TEMPORAL_HOST is no address'],
    ['a payload key that is none', { WATERFLOW_PAYLOAD_KEYS: 'secret' }, 'INVALID_INPUT'],
  ])('does not begin with %s', async (_, env, code) => {
    const state = folderWith({});
    const ended = await waterflow(['engine', '--state', state], { env: { TEMPORAL_HOST: '127.0.0.1:1', ...env } });
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.stderr).toContain(code);
  });

  it('does not begin with payload keys that others may read', async () => {
    const state = folderWith({});
    writeFileSync(keys(state), 'wfpayload1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n');
    chmodSync(keys(state), 0o644);
    const env = { TEMPORAL_HOST: '127.0.0.1:1', WATERFLOW_PAYLOAD_KEYS_FILE: keys(state) };
    const ended = await waterflow(['engine', '--state', state], { env });
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('chmod') });
  });

  it('says that nobody is there, goes on looking, and ends in order', async () => {
    const engine = start(['engine', '--state', folderWith({})], { env: { TEMPORAL_HOST: '127.0.0.1:1' } });
    await engine.complaining('Temporal is not reached');
    expect(logOf(engine.stderr).find(({ level }) => level === 'warn')).toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      reason: expect.stringContaining('nobody listens there'),
      remedy: expect.stringContaining('TEMPORAL_HOST'),
    });
    engine.kill('SIGTERM');
    expect(await engine.ended).toMatchObject({ code: 0 });
  });
});

describe.skipIf(!isThere)('waterflow engine beside servers', { timeout: 300_000 }, () => {
  it('carries out what a server accepted that is gone, as another one does when it is killed itself', async () => {
    const at = placeIn('alone');
    const server = await beginServer(at);
    const sent = await askServer(server, '/v1/workflows', { workflow: two });
    const run = String(sent.body['id']);
    const status = async (): Promise<unknown> => (await askServer(server, `/v1/workflows/${run}`)).body['status'];
    // Temporal has it from here on.
    await expect.poll(status).toMatch(/^(?:running|queued|blocked)$/u);
    server.process.kill('SIGKILL');
    await server.process.ended;

    const first = beginEngine(at);
    await first.complaining('the engine carries out runs');
    await startAgentOf(at, { name: 'one', env: { TEMPORAL_NAMESPACE: at.namespace } });
    first.kill('SIGKILL');
    await first.ended;
    const second = beginEngine(at);
    await second.complaining('the engine carries out runs');
    const connection = await Connection.connect({ address: at.temporal.address });
    const { workflow } = new Client({ connection, namespace: at.namespace });
    await workflow.getHandle(run).result();
    await connection.close();

    const again = await beginServer(at);
    expect((await askServer(again, `/v1/workflows/${run}`)).body).toMatchObject({
      status: 'success',
      jobs: { work: { attempts: 1 } },
    });
    second.kill('SIGTERM');
    const ended = await second.ended;
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining('runs go on with another engine') });
  });

  it('waits for a namespace that is made later', async () => {
    const at = placeIn('later');
    const engine = beginEngine(at);
    await engine.complaining('it has no namespace later');
    const command = process.env['WATERFLOW_TEMPORAL'] ?? 'temporal';
    execFileSync(command, [
      'operator',
      'namespace',
      'create',
      '--namespace',
      'later',
      '--address',
      at.temporal.address,
    ]);
    await engine.complaining('the engine carries out runs');
    engine.kill('SIGTERM');
    expect(await engine.ended).toMatchObject({ code: 0 });
  });
});
