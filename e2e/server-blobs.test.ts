import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testBucket, testKeys, testRegion } from '../storage/blobs/testing/s3-server.ts';
import { startGateway, type TestGateway } from '../storage/blobs/testing/versity-gateway.ts';
import { folderWith, start, waterflow } from './command.ts';
import { needs } from './require.ts';
import { listening, type ServerProcess } from './server-process.ts';

const isThere = await needs('s3');
let gateway: TestGateway;
beforeAll(async () => {
  if (isThere) gateway = await startGateway();
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

const keys = { AWS_ACCESS_KEY_ID: testKeys.accessKeyId, AWS_SECRET_ACCESS_KEY: testKeys.secretAccessKey };

function configured(): string {
  const { endpoint } = gateway;
  const blobs = { bucket: testBucket, region: testRegion, endpoint, prefix: 'waterflow/' };
  return folderWith({ 'server.yaml': `port: 0\nstate: state\nblobs: ${JSON.stringify(blobs)}\n` });
}

function begin(folder: string, env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  return listening(start(['server', '--config', 'server.yaml'], { cwd: folder, env }));
}

async function agentKey(folder: string): Promise<string> {
  const argv = ['keys', 'new', '--config', 'server.yaml', '--name', 'agent', '--role', 'agent'];
  const { stdout } = await waterflow(argv, { cwd: folder, env: keys });
  return /wf_\w{8}_[\w-]{43}/u.exec(stdout)?.[0] ?? '';
}

async function put({ url }: ServerProcess, key: string, content: string) {
  const response = await fetch(new URL('/v1/agent/blobs', url), {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', 'x-api-key': key },
    body: content,
  });
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

describe.skipIf(!isThere)('a server whose blobs lie in a bucket', () => {
  it('keeps there what agents ship, and nothing of it in its folder', async () => {
    const folder = configured();
    const key = await agentKey(folder);
    const server = await begin(folder, keys);
    const hex = createHash('sha256').update('content').digest('hex');
    const kept = { status: 201, body: { digest: `sha256:${hex}`, size: 7 } };
    expect(await put(server, key, 'content')).toEqual(kept);
    expect(readFileSync(gateway.fileOf(`waterflow/${hex.slice(0, 2)}/${hex}`), 'utf8')).toBe('content');
    expect(existsSync(join(folder, 'state', 'blobs'))).toBe(false);
    server.process.kill('SIGKILL');
    await server.process.ended;
    expect(await put(await begin(folder, keys), key, 'content')).toEqual(kept);
  });

  it('says what the bucket refuses, to its operator and not with its keys', async () => {
    const folder = configured();
    const key = await agentKey(folder);
    const server = await begin(folder, { ...keys, AWS_SECRET_ACCESS_KEY: 'not-the-secret-key' });
    expect(await put(server, key, 'content')).toMatchObject({ status: 503, body: { code: 'STORAGE_FAILED' } });
    expect(server.process.stderr).toContain('SignatureDoesNotMatch');
    expect(server.process.stderr).not.toContain('not-the-secret-key');
  });

  it('does not start without the keys, and shows none', async () => {
    const folder = configured();
    const refused = await waterflow(['server', '--config', 'server.yaml'], { cwd: folder });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('AWS_ACCESS_KEY_ID is not set') });
    const shown = await waterflow(['config', 'show', '--config', 'server.yaml'], { cwd: folder, env: keys });
    expect(shown.stdout).toMatch(/^blobs\.secret-key +\*\*\* +AWS_SECRET_ACCESS_KEY$/mu);
    expect(shown.stdout).toMatch(/^blobs\.bucket +test-bucket +\S+server\.yaml:3$/mu);
    expect(shown.stdout).not.toContain(testKeys.secretAccessKey);
  });
});
