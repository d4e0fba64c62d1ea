import { mkdirSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openS3Objects, type S3Objects } from '../../../storage/blobs/index.ts';
import { startS3, testBucket, testKeys, testRegion, type TestS3 } from '../../../storage/blobs/testing/s3-server.ts';
import type { AbsolutePath, Json, JsonObject } from '../../../schemas/index.ts';
import { storeCapability } from '../store.ts';
import { makeTestScope, performTestCall, type TestScope } from '../testing/call.ts';
import { openBucketArchives } from './bucket-archives.ts';
import { encodeKey, entryName, readEntryName } from './bucket-entry.ts';
import type { StoreScope } from './protocol.ts';
import { keyPattern } from './rules.ts';

const settings = { bucket: testBucket, region: testRegion, prefix: 'w/', ...testKeys };
const ours: StoreScope = { tenant: 'default', plugin: 'test' };
const asking = { signal: new AbortController().signal };

let s3: TestS3;
let scope: TestScope;
let objects: S3Objects;
beforeEach(async () => {
  s3 = await startS3();
  scope = makeTestScope();
  objects = openS3Objects({ endpoint: s3.endpoint, ...settings });
});
afterEach(async () => {
  await objects[Symbol.asyncDispose]();
  await scope[Symbol.asyncDispose]();
  await s3[Symbol.asyncDispose]();
});

interface More {
  readonly archives?: string;
  readonly owner?: StoreScope;
  readonly bucket?: S3Objects;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
}

const spool = (): AbsolutePath => join(dirname(scope.workspace), 'spool') as AbsolutePath; // Beside an absolute path.

/** A call of an invocation of its own. */
async function call(operation: string, args: JsonObject, more: More = {}): Promise<JsonObject> {
  const { archives: size = '1MiB', owner = ours, bucket = objects, signal = asking.signal, now = Date.now } = more;
  const archives = openBucketArchives(bucket, owner, { clock: { now }, spool: spool(), signal });
  const answer: Json = await performTestCall(
    storeCapability,
    { layers: [[{ keys: '*', archives: size }]], operation, args, implied: () => true },
    { ...scope, signal, usage: new Map(), archives },
  );
  // Tests look into the answer by its keys.
  return answer as JsonObject;
}

const put = (path: string, content: string | Buffer): void => {
  const file = join(scope.workspace, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
};
const read = (path: string): string => readFileSync(join(scope.workspace, path), 'utf8');
/** Bytes that don't get smaller. */
const noise = (bytes: number): Buffer => Buffer.from(scope.random.bytes(bytes));
const save = (key: string, args: JsonObject = {}, more: More = {}): Promise<JsonObject> =>
  call('save', { key, from: 'in', ...args }, more);
const load = (key: string, more: More = {}): Promise<JsonObject> => call('load', { key, to: 'out' }, more);
const namesOf = async (kind: 'entries' | 'contents'): Promise<readonly string[]> =>
  (await objects.list('', asking)).map(({ name }) => name).filter((name) => name.includes(`/${kind}/`));
/** As if the object had been written last so long ago. */
const makeOlder = (name: string, ms: number): void => {
  const then = new Date(Date.now() - ms);
  utimesSync(s3.fileOf(`w/${name}`), then, then);
};

describe('an archive in a bucket', () => {
  test('comes back as it was, to whoever shares the bucket', async () => {
    put('in/a b/ü.txt', 'one');
    const saved = await save('k/1');
    expect(saved).toMatchObject({ saved: true, evicted: 0 });
    await using others = openS3Objects({ endpoint: s3.endpoint, ...settings });
    expect(await load('k/1', { bucket: others })).toMatchObject({ found: true, sha256: saved['sha256'] });
    expect(read('out/a b/ü.txt')).toBe('one');
    expect(await load('k')).toEqual({ found: false, damaged: false });
    expect(readdirSync(spool())).toEqual([]);
  });

  test('stays as it is where the call says so, and is replaced where it doesn’t', async () => {
    put('in/a', 'first');
    await save('k');
    put('in/a', 'second');
    s3.fail('GET', { times: 100, answer: [500, 'InternalError'] });
    expect(await save('k', { replace: false })).toMatchObject({ saved: false });
    s3.fail('GET', { times: 0, answer: 'cut' });
    await save('k', {}, { now: () => Date.now() + 5 });
    await load('k');
    expect(read('out/a')).toBe('second');
    expect([(await namesOf('entries')).length, (await namesOf('contents')).length]).toEqual([1, 1]);
  });

  test('is listed by its beginning, the newest first', async () => {
    put('in/a', 'a');
    for (const [index, key] of ['a/1', 'a/2', 'b/1', 'a/@:._-x'].entries()) {
      await save(key, {}, { now: () => 1_000_000 + index });
    }
    expect(await call('saved', { prefix: 'a/' })).toMatchObject([{ key: 'a/@:._-x' }, { key: 'a/2' }, { key: 'a/1' }]);
    expect(await call('saved', { limit: 1 })).toMatchObject([{ key: 'a/@:._-x' }]);
    expect(await namesOf('contents')).toHaveLength(1);
  });

  test('of another tenant or another plugin is not found', async () => {
    put('in/a', 'a');
    await save('k');
    for (const owner of [
      { tenant: 'other', plugin: 'test' },
      { tenant: 'default', plugin: 'other' },
      { tenant: 'default","test', plugin: '' },
    ]) {
      expect(await load('k', { owner })).toMatchObject({ found: false });
      expect(await call('saved', {}, { owner })).toEqual([]);
      await save('k', {}, { owner });
    }
    expect(await call('saved', {})).toHaveLength(1);
  });
});

describe('over the size that an entry lets', () => {
  test('what was not used for longest goes, with what nothing names any more', async () => {
    const more = { archives: '250KB' };
    for (const key of ['a', 'b']) {
      put('in/x', noise(100_000));
      await save(key, {}, more);
    }
    for (const name of await namesOf('entries')) makeOlder(name, 60_000);
    await load('a', more);
    const died = `${(await namesOf('contents'))[0]?.slice(0, 64)}/contents/${'0'.repeat(64)}`;
    const begun = `${died.slice(0, -1)}1`;
    for (const name of [died, begun]) await objects.put(name, 'empty', asking);
    makeOlder(died, 2 * 86_400_000);
    put('in/x', noise(100_000));
    expect(await save('c', {}, more)).toMatchObject({ evicted: 1 });
    expect(await call('saved', {})).toMatchObject([{ key: 'c' }, { key: 'a' }]);
    const contents = await namesOf('contents');
    expect([contents.length, contents.includes(died), contents.includes(begun)]).toEqual([3, false, true]);
  });

  test('what many keep at a time is whole, and no more than that', async () => {
    for (let index = 0; index < 12; index += 1) put(`in/${index}/x`, noise(50_000));
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => save(`k${index}`, { from: `in/${index}` }, { archives: '220KB' })),
    );
    const left = (await call('saved', {})) as unknown as readonly { readonly key: string }[];
    expect(left.length).toBeLessThanOrEqual(4);
    for (const { key } of left) {
      await call('load', { key, to: `out/${key}` });
      expect(read(`out/${key}/x`)).toBe(read(`in/${key.slice(1)}/x`));
    }
    expect(readdirSync(spool())).toEqual([]);
  });
});

describe('what is damaged', () => {
  test.each<[string, (file: string) => void]>([
    ['other bytes', (file) => writeFileSync(file, noise(readFileSync(file).length))],
    ['an end that is missing', (file) => truncateSync(file, 20_000)],
    ['more than there was', (file) => writeFileSync(file, noise(300_000))],
  ])('is not put back, and goes: %s', async (_what, damage) => {
    put('in/x', noise(50_000));
    await save('k');
    damage(s3.fileOf(`w/${(await namesOf('contents'))[0]}`));
    expect(await load('k')).toEqual({ found: false, damaged: true });
    expect(await load('k')).toEqual({ found: false, damaged: false });
    expect(await objects.list('', asking)).toEqual([]);
    expect(readdirSync(scope.workspace)).toEqual(['in']);
  });

  test('is no entry, where another agent removed its content or its name is none', async () => {
    put('in/x', 'x');
    await save('k');
    const [entry = ''] = await namesOf('entries');
    await objects.put(entry.replace(/\.[0-9a-f]{64}$/, '.0'), 'empty', asking);
    await objects.put(entry.replace(/entries\/.*/, 'entries/zz'), 'empty', asking);
    expect(await call('saved', {})).toHaveLength(1);
    await objects.remove((await namesOf('contents'))[0] ?? '', asking);
    expect(await save('k', { replace: false })).toMatchObject({ saved: true });
    await objects.remove((await namesOf('contents'))[0] ?? '', asking);
    expect(await load('k')).toEqual({ found: false, damaged: false });
    expect(await call('saved', {})).toEqual([]);
  });
});

describe('a bucket that fails', () => {
  test('for longer is told of, with what to do, and leaves nothing on the agent’s disk', async () => {
    put('in/x', noise(50_000));
    await save('k');
    const away = { code: 'STORAGE_FAILED', remedy: expect.any(String) };
    s3.fail('PUT', { times: 100, answer: [403, 'AccessDenied'] });
    await expect(save('other')).rejects.toMatchObject({ ...away, message: expect.stringContaining('AccessDenied') });
    s3.fail('PUT', { times: 100, answer: [507, 'QuotaExceeded'] });
    await expect(save('other')).rejects.toMatchObject({ ...away, message: expect.stringContaining('507') });
    s3.fail('PUT', { times: 0, answer: 'cut' });
    s3.fail('GET', { times: 100, answer: 'cut' });
    await expect(load('k')).rejects.toMatchObject({
      ...away,
      message: expect.stringContaining('the bucket of archives: could not'),
    });
    s3.fail('list', { times: 100, answer: 'cut' });
    await expect(load('k')).rejects.toMatchObject({
      ...away,
      message: expect.stringContaining('the bucket of archives: could not'),
    });
    expect([readdirSync(spool()), readdirSync(scope.workspace)]).toEqual([[], ['in']]);
  }, 30_000);

  test('is not waited for once the step is being cancelled', async () => {
    put('in/x', noise(50_000));
    await save('k');
    const stop = new AbortController();
    s3.fail('GET', { times: 100, answer: [503, 'SlowDown'] });
    const loading = load('k', { signal: stop.signal });
    while (!s3.acts.includes('GET')) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await expect(loading).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(s3.acts.filter((act) => act === 'GET')).toHaveLength(1);
    expect(readdirSync(spool())).toEqual([]);
  });
});

test('an entry’s name says what it was made of, is short between slashes, and begins as its key does', () => {
  const sha256 = 'a'.repeat(64);
  fc.assert(
    fc.property(fc.stringMatching(new RegExp(keyPattern)), fc.nat(), fc.nat(), (key, bytes, created) => {
      const name = entryName({ key, bytes, sha256, created_at_ms: created });
      expect(readEntryName(name, 7)).toEqual({ name, key, bytes, sha256, created_at_ms: created, used_at_ms: 7 });
      for (let length = 0; length <= key.length; length += 1) {
        expect(name.startsWith(encodeKey(key.slice(0, length)))).toBe(true);
      }
      expect(Math.max(...name.split('/').map((part) => part.length))).toBeLessThan(200);
      expect(name).toMatch(/^[0-9a-f./]+$/);
    }),
  );
});
