import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { canMount, smallDisk } from '../../runtime/audit/testing/small-disk.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, type TestAgent, type TestStep } from '../executor/testing/agent.ts';
import { httpPolicy, startNginx, startRaw, type TestNginx } from './testing/http-world.ts';

const supervisor = sharedSupervisor();
const hasNginx = await needs('nginx');
const content = randomBytes(2_000_000);
const digest = createHash('sha256').update(content).digest('hex');
let agent: TestAgent;
let nginx: TestNginx;
beforeAll(async () => {
  agent = await createTestAgent({ supervisor: supervisor(), policy: httpPolicy() });
  if (!hasNginx) return;
  nginx = await startNginx();
  writeFileSync(join(nginx.site, 'ä b.bin'), content);
  writeFileSync(join(nginx.site, 'list.json'), JSON.stringify({ items: Array(5000).fill('compress me') }));
});
afterAll(async () => {
  if (hasNginx) await nginx[Symbol.asyncDispose]();
  await agent[Symbol.asyncDispose]();
});
beforeEach(() => {
  for (const name of readdirSync(agent.claim.workspace)) rmSync(at(name), { recursive: true });
});

const at = (path: string): string => join(agent.claim.workspace, path);
const download = (url: string, inputs: JsonObject = {}, more: Partial<TestStep> = {}) =>
  agent.run({ uses: 'http@v1', with: { url, download: 'in/file.bin', ...inputs }, ...more });
/** All that lies in the workspace. */
const files = (): readonly string[] =>
  readdirSync(agent.claim.workspace, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(at(name)).isFile(),
  );

describe.runIf(hasNginx)('http@v1 downloads', () => {
  const file = () => `${nginx.http}/site/%C3%A4%20b.bin`;

  it('a file to a path that it makes, with the digest that it should have', async () => {
    const { result, log } = await download(file(), { download: 'in ü/a b.bin', sha256: digest.toUpperCase() });
    expect(result).toMatchObject({
      outcome: 'success',
      outputs: { status: 200, path: 'in ü/a b.bin', bytes: content.length, sha256: digest, body: '', json: null },
    });
    expect(result.outputs['elapsed-ms']).toBeTypeOf('number');
    expect(readFileSync(at('in ü/a b.bin')).equals(content)).toBe(true);
    expect(log.log).toContain(`wrote ${content.length} bytes`);
  });

  it('nothing that has another digest: what was there stays', async () => {
    mkdirSync(at('in'));
    writeFileSync(at('in/file.bin'), 'before');
    const { result } = await download(file(), { sha256: '0'.repeat(64) });
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining(`SHA-256 ${digest}`) },
    });
    expect(files()).toEqual(['in/file.bin']);
    expect(readFileSync(at('in/file.bin'), 'utf8')).toBe('before');
  });

  it('no page that says why there is no file', async () => {
    const { result } = await download(`${nginx.http}/site/missing`);
    expect(result).toMatchObject({
      outcome: 'failure',
      outputs: { status: 404, body: expect.stringContaining('404') },
    });
    expect(files()).toEqual([]);
    const expected = await download(`${nginx.http}/site/missing`, { expect: [200, 404] });
    expect(expected.result).toMatchObject({ outcome: 'success', outputs: { status: 404 } });
    expect(expected.result.outputs).not.toHaveProperty('path');
  });

  it('no more than it may', async () => {
    const { result } = await download(file(), { 'max-size': '1MiB' });
    expect(result).toMatchObject({
      error: {
        message: expect.stringMatching(/larger than 1048576 bytes$/),
        remedy: expect.stringContaining('max-size'),
      },
    });
    expect(files()).toEqual([]);
  });

  it('what a server would compress for others as it lies', async () => {
    const { result } = await download(`${nginx.http}/site/list.json`);
    expect(result).toMatchObject({ outputs: { bytes: statSync(join(nginx.site, 'list.json')).size } });
    const shown = await agent.run({ uses: 'http@v1', with: { url: `${nginx.http}/site/list.json` } });
    expect(shown.result.outputs['json']).toMatchObject({ items: { length: 5000 } });
  });

  it('and leaves nothing behind when it is cancelled or takes too long', async () => {
    const stop = new AbortController();
    const slow = `${nginx.http}/slow/%C3%A4%20b.bin`;
    const running = download(slow, {}, { signal: stop.signal });
    // Under a name of its own until it is whole.
    await vi.waitFor(() => expect(files()).not.toEqual([]), { timeout: 60_000, interval: 20 });
    stop.abort();
    expect((await running).result).toMatchObject({ outcome: 'cancelled' });
    expect(files()).toEqual([]);
    const { result } = await download(slow, { timeout: '1s' });
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('within 1000 ms') } });
    expect(files()).toEqual([]);
  });

  it('in a hundred steps at a time', async () => {
    const runs = await Promise.all(
      Array.from({ length: 100 }, (_, index) => download(file(), { download: `many/${index}`, sha256: digest })),
    );
    expect(runs.filter(({ result }) => result.outcome !== 'success')).toEqual([]);
    expect(files()).toHaveLength(100);
  });
});

describe('http@v1 writes to no place', () => {
  it.each(['../outside', '/tmp/outside', 'link/outside', '.'])('%s', async (path) => {
    await using server = await startRaw((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx'));
    symlinkSync('/tmp', at('link'));
    const { result } = await download(server.url, { download: path });
    expect(result).toMatchObject({ outcome: 'failure' });
    expect(existsSync('/tmp/outside')).toBe(false);
    expect(existsSync(join(agent.claim.workspace, '../outside'))).toBe(false);
  });
});

describe('http@v1 keeps nothing of an answer', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  it.each<[string, (socket: Socket) => void]>([
    ['is reset', (socket) => void socket.write(`${head}content-length: 9\r\n\r\nab`, () => socket.resetAndDestroy())],
    ['is cut off', (socket) => void socket.end(`${head}content-length: 9\r\n\r\nab`)],
    ['is cut off within a chunk', (socket) => void socket.end(`${head}transfer-encoding: chunked\r\n\r\n9\r\nab`)],
    ['has two lengths', (socket) => void socket.end(`${head}content-length: 2\r\ncontent-length: 1\r\n\r\nab`)],
    [
      'has a length and chunks',
      (socket) => void socket.end(`${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`),
    ],
    ['is not HTTP', (socket) => void socket.end('220 mail.example.com ESMTP\r\n')],
    ['never comes', () => undefined],
    ['comes too slowly', (socket) => void socket.write(`${head}content-length: 9\r\n\r\nab`)],
  ])('that %s', async (_what, answer) => {
    await using server = await startRaw(answer);
    const { result } = await download(server.url, { timeout: '2s' });
    expect(result).toMatchObject({ outcome: 'failure', error: { code: 'STEP_FAILED' } });
    expect(files()).toEqual([]);
  });

  it('that is small and becomes very large', async () => {
    const bomb = gzipSync(Buffer.alloc(300_000_000));
    await using server = await startRaw((socket) => {
      socket.write(`${head}content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
      socket.end(bomb);
    });
    const { result } = await download(server.url, { 'max-size': '50MiB' });
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('larger than') } });
    expect(files()).toEqual([]);
    const shown = await agent.run({ uses: 'http@v1', with: { url: server.url } });
    expect(shown.result).toMatchObject({
      error: {
        message: expect.stringMatching(/larger than 1048576 bytes$/),
        remedy: expect.stringContaining('`download`'),
      },
    });
  });

  it.runIf(canMount())('for which the disk has no room', async () => {
    using disk = smallDisk('1m');
    await using server = await startRaw((socket) => {
      socket.write(`${head}content-length: 5000000\r\n\r\n`);
      socket.end(Buffer.alloc(5_000_000));
    });
    rmSync(agent.claim.workspace, { recursive: true });
    symlinkSync(disk.folder, agent.claim.workspace);
    try {
      const { result } = await download(server.url);
      expect(result).toMatchObject({
        outcome: 'failure',
        error: { message: expect.stringContaining('the disk is full') },
      });
      expect(files()).toEqual([]);
    } finally {
      rmSync(agent.claim.workspace);
      mkdirSync(agent.claim.workspace);
    }
  });
});
