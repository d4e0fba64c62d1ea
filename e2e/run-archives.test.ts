/** `waterflow run` where the environment names a bucket: what one run's cache@v1 kept is there for the next, wherever its state lies. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testBucket, testKeys, testRegion } from '../storage/blobs/testing/s3-server.ts';
import { startGateway, type TestGateway } from '../storage/blobs/testing/versity-gateway.ts';
import { folderWith, waterflow } from './command.ts';
import { needs } from './require.ts';

const isThere = await needs('s3');
let gateway: TestGateway;
beforeAll(async () => {
  if (isThere) gateway = await startGateway();
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

const workflow = (mode: 'save' | 'restore', step: string): string => `
on: manual
jobs:
  work:
    steps:
${step}      - id: cache
        uses: cache@v1
        with: { mode: ${mode}, path: deps, key: deps-1, fail-on-miss: ${mode === 'restore'} }
`;
const files = {
  'save.yml': workflow('save', '      - run: mkdir deps && echo made > deps/made\n'),
  'restore.yml': `${workflow('restore', '')}      - run: cat deps/made\n`,
};

describe.skipIf(!isThere)('waterflow run with a bucket', { timeout: 300_000 }, () => {
  const keys = { AWS_ACCESS_KEY_ID: testKeys.accessKeyId, AWS_SECRET_ACCESS_KEY: testKeys.secretAccessKey };
  const place = () => ({
    WATERFLOW_ARCHIVES_BUCKET: testBucket,
    WATERFLOW_ARCHIVES_REGION: testRegion,
    WATERFLOW_ARCHIVES_ENDPOINT: gateway.endpoint,
    WATERFLOW_ARCHIVES_PREFIX: 'own/machine/',
  });
  const run = (cwd: string, file: string, env: Readonly<Record<string, string>>) =>
    waterflow(['run', file], { cwd, env: { XDG_STATE_HOME: join(cwd, 'state'), ...env } });

  it('shares what one run kept with another that has a state folder of its own', async () => {
    const [here, there] = [folderWith(files), folderWith(files)];
    const saved = await run(here, 'save.yml', { ...place(), ...keys });
    expect(saved).toMatchObject({ code: 0 });
    const restored = await run(there, 'restore.yml', { ...place(), ...keys });
    expect(restored).toMatchObject({ code: 0 });
    expect(restored.stdout + restored.stderr).toContain('made');
    expect(saved.stdout + saved.stderr + restored.stdout + restored.stderr).not.toContain(testKeys.secretAccessKey);
    // Without the bucket's name there is nothing: it lay nowhere else.
    expect(await run(here, 'restore.yml', keys)).toMatchObject({ code: 1 });
  });

  it.each<[string, Record<string, string>, string]>([
    ['a key', {}, 'AWS_ACCESS_KEY_ID is not set'],
    ['a name', { ...keys, WATERFLOW_ARCHIVES_BUCKET: 'No Bucket' }, 'is not a bucket'],
    ['an address', { ...keys, WATERFLOW_ARCHIVES_ENDPOINT: 'minio:9000/x' }, "is not the address of a bucket's server"],
  ])('starts nothing where it lacks %s', async (_what, env, says) => {
    const cwd = folderWith(files);
    const refused = await run(cwd, 'save.yml', { ...place(), ...env });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(says) });
    const state = join(cwd, 'state/waterflow');
    expect(existsSync(state) ? readdirSync(state).filter((name) => name.startsWith('run-')) : []).toEqual([]);
  });
});
