/** cache@v1 on agents that share a bucket of a real server of S3. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { openS3Objects } from '../../storage/blobs/index.ts';
import { startS3, testBucket, testKeys, testRegion } from '../../storage/blobs/testing/s3-server.ts';
import { startGateway, type TestGateway } from '../../storage/blobs/testing/versity-gateway.ts';
import { createTestAgent, type TestAgent, type TestStep } from '../executor/testing/agent.ts';

const isThere = await needs('s3');
const supervisor = sharedSupervisor();
let gateway: TestGateway;
beforeAll(async () => {
  if (isThere) gateway = await startGateway();
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

/** An agent, and what steps do on it. */
interface SharingAgent extends AsyncDisposable {
  readonly agent: TestAgent;
  put(path: string, content: string | Buffer): void;
  read(path: string): string;
  readBytes(path: string): Buffer;
  /** As a job that begins finds its workspace. */
  empty(): void;
  cache(mode: 'restore' | 'save', inputs?: JsonObject, more?: Partial<TestStep>): ReturnType<TestAgent['run']>;
  /** What lies in its spool. */
  spool(): readonly string[];
}

let prefixes = 0;
const newPrefix = (): string => `shared-${(prefixes += 1)}/`;

async function openAgent(settings: { readonly prefix: string; readonly [key: string]: string }): Promise<SharingAgent> {
  const { endpoint = gateway.endpoint } = settings;
  const bucket = openS3Objects({ bucket: testBucket, region: testRegion, ...testKeys, ...settings, endpoint });
  const agent = await createTestAgent({ supervisor: supervisor(), archiveBucket: bucket });
  const at = (path: string): string => join(agent.claim.workspace, path);
  const archives = join(dirname(agent.auditFile), 'state/store-archives');
  return {
    agent,
    put(path, content) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), content);
    },
    read: (path) => readFileSync(at(path), 'utf8'),
    readBytes: (path) => readFileSync(at(path)),
    empty() {
      for (const name of readdirSync(agent.claim.workspace)) rmSync(at(name), { recursive: true });
    },
    cache: (mode, inputs = {}, more = {}) =>
      agent.run({ uses: 'cache@v1', with: { mode, path: 'deps', key: 'deps-1', ...inputs }, ...more }),
    spool: () =>
      existsSync(archives)
        ? readdirSync(archives, { recursive: true })
            .map(String)
            .filter((name) => name !== 'spool')
        : [],
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await bucket[Symbol.asyncDispose]();
    },
  };
}

/** A way to the server that is cut after so many bytes of answers, or takes no more after so many bytes of requests. */
interface Way extends AsyncDisposable {
  readonly endpoint: string;
  /** Once it takes no more. */
  readonly stuck: Promise<void>;
  mend(): void;
}

async function openWay({ cutAfter = Infinity, stuckAfter = Infinity }): Promise<Way> {
  const target = new URL(gateway.endpoint);
  const sockets = new Set<Socket>();
  const stuck = Promise.withResolvers<void>();
  let left = cutAfter;
  let taken = 0;
  const server = createServer((client) => {
    const service = connect(Number(target.port), target.hostname);
    for (const socket of [client, service]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk) => {
      service.write(chunk);
      taken += chunk.length;
      if (taken < stuckAfter) return;
      client.pause();
      stuck.resolve();
    });
    service.on('data', (chunk: Buffer) => {
      client.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left < 0) {
        left = 0;
        client.destroy();
        service.destroy();
      }
    });
    service.on('end', () => client.end());
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stuck: stuck.promise,
    mend() {
      left = Infinity;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const noise = (bytes: number): Buffer => {
  const content = Buffer.alloc(bytes);
  for (let from = 0; from < bytes; from += 65_536) crypto.getRandomValues(content.subarray(from, from + 65_536));
  return content;
};

describe.skipIf(!isThere)('cache@v1 in a bucket', () => {
  it('finds on one agent what another one kept, byte for byte, with the same rules', async () => {
    const prefix = newPrefix();
    await using one = await openAgent({ prefix });
    await using other = await openAgent({ prefix });
    one.put('deps/pack age/ä.txt', 'one');
    expect((await one.cache('save')).result).toMatchObject({ outcome: 'success', outputs: { hit: false } });
    one.put('deps/pack age/ä.txt', 'a branch’s');
    await one.cache('save', { key: 'deps-2', branch: 'feature/ü x' });
    expect((await other.cache('restore')).result).toMatchObject({ outputs: { hit: true, key: 'deps-1', files: 3 } });
    expect(other.read('deps/pack age/ä.txt')).toBe('one');
    other.put('deps/pack age/ä.txt', 'other');
    expect((await other.cache('save')).result).toMatchObject({ outputs: { hit: true } });
    expect((await other.cache('restore', { key: 'deps-2' })).result).toMatchObject({
      outputs: { hit: false, key: '' },
    });
    const branch = { key: 'deps-3', branch: 'feature/ü x', 'restore-keys': 'deps-' };
    expect((await other.cache('restore', branch)).result).toMatchObject({ outputs: { hit: false, key: 'deps-2' } });
    expect(other.read('deps/pack age/ä.txt')).toBe('a branch’s');
    expect([one.spool(), other.spool()]).toEqual([[], []]);
  });

  it('of another prefix has nothing of it', async () => {
    await using one = await openAgent({ prefix: newPrefix() });
    await using other = await openAgent({ prefix: newPrefix() });
    one.put('deps/a', 'x');
    await one.cache('save');
    expect((await other.cache('restore')).result).toMatchObject({ outputs: { hit: false } });
  });

  it('passes over what was damaged there, and takes an archive of several parts', async () => {
    const prefix = newPrefix();
    await using one = await openAgent({ prefix });
    const large = noise(66 * 1024 * 1024);
    one.put('deps/a', large);
    await one.cache('save');
    one.put('deps/a', 'small');
    await one.cache('save', { key: 'deps-2' });
    const [scope = ''] = readdirSync(gateway.fileOf(prefix));
    const contents = join(gateway.fileOf(prefix), scope, 'contents');
    const small = readdirSync(contents).find((name) => readFileSync(join(contents, name)).length < 1000) ?? '';
    writeFileSync(join(contents, small), 'no archive');
    one.empty();
    const { result, log } = await one.cache('restore', { key: 'deps-' });
    expect(result).toMatchObject({ outputs: { key: 'deps-1' } });
    expect(log.log).toContain('what was kept under deps-2 (main) was damaged');
    expect(one.readBytes('deps/a').equals(large)).toBe(true);
    expect(one.spool()).toEqual([]);
  });

  it('keeps no more than it may, whichever agent kept it', async () => {
    const prefix = newPrefix();
    await using one = await openAgent({ prefix });
    await using other = await openAgent({ prefix });
    for (const [agent, key] of [
      [one, 'a'],
      [other, 'b'],
      [one, 'c'],
    ] as const) {
      agent.put('deps/x', noise(60_000));
      await agent.cache('save', { key, 'max-size': '150KB' });
    }
    expect((await other.cache('restore', { key: 'a' })).result).toMatchObject({ outputs: { hit: false } });
    expect((await other.cache('restore', { key: 'c' })).result).toMatchObject({ outputs: { hit: true } });
    one.put('deps/x', noise(200_000));
    expect((await one.cache('save', { key: 'd', 'max-size': '150KB' })).result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining('150000') },
    });
  });

  it('is kept and put back by a hundred steps at a time', async () => {
    await using one = await openAgent({ prefix: newPrefix() });
    for (let index = 0; index < 50; index += 1) one.put(`deps ${index}/x`, `content ${index}`);
    const each = (mode: 'restore' | 'save') =>
      Promise.all(
        Array.from({ length: 50 }, (_, index) => one.cache(mode, { path: `deps ${index}`, key: `k ${index}` })),
      );
    expect((await each('save')).map(({ result }) => result.outcome)).toEqual(Array(50).fill('success'));
    one.empty();
    for (const { result } of await each('restore')) expect(result).toMatchObject({ outputs: { hit: true } });
    for (let index = 0; index < 50; index += 1) expect(one.read(`deps ${index}/x`)).toBe(`content ${index}`);
  }, 120_000);
});

describe.skipIf(!isThere)('cache@v1 whose bucket fails', () => {
  const wrong = [
    ['is not reached', { endpoint: 'http://127.0.0.1:1' }, 'endpoint'],
    ['takes other keys', { secretAccessKey: 'not-the-secret-key' }, 'SignatureDoesNotMatch'],
    ['isn’t there', { bucket: 'no-such-bucket' }, 'NoSuchBucket'],
  ] as const;

  it.each(wrong)(
    'goes on without it, and says so: it %s',
    async (_what, change, told) => {
      await using one = await openAgent({ prefix: newPrefix(), ...change });
      one.put('deps/a', 'x');
      const saved = await one.cache('save');
      const restored = await one.cache('restore');
      for (const { result, log } of [saved, restored]) {
        expect(result).toMatchObject({ outcome: 'success', outputs: { hit: false, key: '', branch: '' } });
        expect(log.log).toContain('warning: ');
        expect(log.log).toContain(told);
      }
      const failed = await one.cache('restore', { 'fail-on-miss': true });
      expect(failed.result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining(told) } });
      const recorded = readFileSync(one.agent.auditFile, 'utf8');
      expect(JSON.stringify([saved, restored, failed]) + recorded).not.toMatch(/not-the-secret-key|test.secret.key/);
      expect(one.spool()).toEqual([]);
    },
    60_000,
  );

  it('in the middle of an archive puts nothing back by halves, and goes on once it is mended', async () => {
    const prefix = newPrefix();
    await using kept = await openAgent({ prefix });
    kept.put('deps/a', noise(8 * 1024 * 1024));
    await kept.cache('save');
    await using way = await openWay({ cutAfter: 3 * 1024 * 1024 });
    await using one = await openAgent({ prefix, endpoint: way.endpoint });
    const { result, log } = await one.cache('restore');
    expect(result).toMatchObject({ outcome: 'success', outputs: { hit: false } });
    expect(log.log).toContain('warning: it goes on without the cache');
    expect([readdirSync(one.agent.claim.workspace), one.spool()]).toEqual([[], []]);
    way.mend();
    expect((await one.cache('restore')).result).toMatchObject({ outputs: { hit: true } });
  }, 60_000);

  it('is not waited for when the step is cancelled, and leaves nothing', async () => {
    await using way = await openWay({ stuckAfter: 3 * 1024 * 1024 });
    await using one = await openAgent({ prefix: newPrefix(), endpoint: way.endpoint });
    one.put('deps/a', noise(8 * 1024 * 1024));
    const stop = new AbortController();
    const saving = one.cache('save', {}, { signal: stop.signal });
    await way.stuck;
    expect(one.spool()).toHaveLength(1);
    stop.abort('cancelled');
    expect((await saving).result).toMatchObject({ outcome: 'cancelled' });
    expect(one.spool()).toEqual([]);
  });
});

describe('cache@v1 whose bucket removes nothing', () => {
  it('keeps what it is given, and warns that the rest is still there', async () => {
    await using s3 = await startS3();
    await using one = await openAgent({ prefix: newPrefix(), endpoint: s3.endpoint });
    const limited = { 'max-size': '100KB' };
    one.put('deps/a', noise(60_000));
    await one.cache('save', limited);
    s3.fail('DELETE', { times: 100, answer: [403, 'AccessDenied'] });
    one.put('deps/a', noise(60_000));
    const { result, log } = await one.cache('save', { key: 'deps-2', ...limited });
    expect(result).toMatchObject({ outcome: 'success', outputs: { hit: false, key: 'deps-2', evicted: 0 } });
    expect(log.log).toMatch(/^warning: it is kept, but what had to go for it is not gone: .*AccessDenied/m);
    expect(log.log).not.toContain('nothing was kept');
    expect((await one.cache('restore', { key: 'deps-2' })).result).toMatchObject({ outputs: { hit: true } });
  });
});
