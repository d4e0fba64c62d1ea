/** Agents of one queue whose operator names a bucket share what cache@v1 keeps. */
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testBucket, testKeys, testRegion } from '../storage/blobs/testing/s3-server.ts';
import { startGateway, type TestGateway } from '../storage/blobs/testing/versity-gateway.ts';
import { endOf, startAgentOf, worldOfSuite } from './agent-world.ts';
import { folderWith, waterflow } from './command.ts';
import { needs } from './require.ts';

const isThere = (await needs('temporal')) && (await needs('s3'));
let gateway: TestGateway;
beforeAll(async () => {
  if (isThere) gateway = await startGateway();
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

const step = (mode: 'restore' | 'save', before = ''): string => `
name: ${mode}
on: manual
jobs:
  work:
    runs-on: work
    steps:
${before}      - id: cache
        uses: cache@v1
        with: { mode: ${mode}, path: deps, key: deps-1 }
      - run: cat deps/made
`;

/** The folder of a configuration, with the keys in a file where that is asked for. */
function configured(how: 'keys in a file' | 'keys in the environment'): string {
  const { accessKeyId, secretAccessKey } = testKeys;
  const archives = {
    bucket: testBucket,
    region: testRegion,
    endpoint: gateway.endpoint,
    prefix: 'waterflow/archives/',
    ...(how === 'keys in a file' ? { 'credentials-file': 'credentials' } : {}),
  };
  const folder = folderWith({
    'agent.yaml': `archives: ${JSON.stringify(archives)}\n`,
    credentials: `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
  });
  chmodSync(join(folder, 'credentials'), 0o600);
  return folder;
}

const keys = { AWS_ACCESS_KEY_ID: testKeys.accessKeyId, AWS_SECRET_ACCESS_KEY: testKeys.secretAccessKey };

describe.skipIf(!isThere)('agents with a bucket', { timeout: 180_000 }, () => {
  const suite = worldOfSuite(async () => new Map());

  it('share what one of them kept', async () => {
    const { world } = suite();
    const first = await startAgentOf(world, {
      name: 'first',
      env: keys,
      argv: ['--config', join(configured('keys in the environment'), 'agent.yaml')],
    });
    const make = '      - run: mkdir deps && echo made > deps/made\n';
    const saved = await endOf(await world.run(step('save', make)));
    expect(saved.jobs['work']).toMatchObject({ status: 'success', steps: { cache: { outputs: { key: 'deps-1' } } } });
    first.process.kill('SIGTERM');
    await first.process.ended;
    const second = await startAgentOf(world, {
      name: 'second',
      argv: ['--config', join(configured('keys in a file'), 'agent.yaml')],
    });
    const restored = await endOf(await world.run(step('restore')));
    expect(restored.jobs['work']).toMatchObject({ status: 'success', steps: { cache: { outputs: { hit: true } } } });
    expect(existsSync(join(second.state, 'store-archives/spool'))).toBe(true);
    const said = first.process.stderr + second.process.stderr + JSON.stringify([saved, restored]);
    expect(said).not.toContain(testKeys.secretAccessKey);
  });

  it('show how they are configured, but no key, and do not start without one', async () => {
    const argv = ['agent', '--config', 'agent.yaml', '--task-queues', 'work', '--show-config'];
    const cwd = configured('keys in the environment');
    const shown = await waterflow(argv, { cwd, env: keys });
    expect(shown.stdout).toMatch(/^archives\.bucket +test-bucket/mu);
    expect(shown.stdout).toMatch(/^archives\.secret-key +\*\*\* +AWS_SECRET_ACCESS_KEY$/mu);
    expect(shown.stdout + shown.stderr).not.toContain(testKeys.secretAccessKey);
    const refused = await waterflow(argv, { cwd });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('AWS_ACCESS_KEY_ID is not set') });
  });
});
