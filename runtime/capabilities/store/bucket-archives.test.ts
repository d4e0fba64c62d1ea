import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { openS3Objects, type S3Objects } from '../../../storage/blobs/index.ts';
import { startS3, type TestS3, testBucket, testKeys, testRegion } from '../../../storage/blobs/testing/s3-server.ts';
import { makeTestScope, type TestScope } from '../testing/call.ts';
import type { ArchiveBucket } from './bucket.ts';
import { openBucketArchives } from './bucket-archives.ts';
import { encodeKey, entryName, readEntryName } from './bucket-entry.ts';
import { describeArchives, type TestArchives } from './contract/archives-contract.ts';
import { keyPattern } from './rules.ts';
import { type ArchiveCalls, archiveCalls, type OpenArchives } from './testing/archive-calls.ts';

const settings = { bucket: testBucket, region: testRegion, prefix: 'w/', ...testKeys };
const asking = { signal: new AbortController().signal };

interface BucketOfTest extends TestArchives {
  readonly s3: TestS3;
  readonly objects: S3Objects;
  readonly spool: AbsolutePath;
  openIn(bucket: ArchiveBucket): OpenArchives;
}

async function archivesInBucket(): Promise<BucketOfTest> {
  const s3 = await startS3();
  const scope = makeTestScope();
  const objects = openS3Objects({ endpoint: s3.endpoint, ...settings });
  const spool = join(dirname(scope.workspace), 'spool') as AbsolutePath; // Beside an absolute path.
  const openIn = (bucket: ArchiveBucket): OpenArchives => {
    return (owner, powers) => openBucketArchives(bucket, owner, { ...powers, spool });
  };
  const filesOf = (kind: 'contents' | 'entries'): readonly string[] => {
    const folder = dirname(s3.fileOf('any'));
    const names = readdirSync(folder).filter((name) => decodeURIComponent(name).includes(`/${kind}/`));
    return names.map((name) => join(folder, name));
  };
  return {
    s3,
    scope,
    objects,
    spool,
    openIn,
    open: openIn(objects),
    contents: () => filesOf('contents'),
    entries: () => filesOf('entries'),
    parts: () => (existsSync(spool) ? readdirSync(spool) : []),
    refuseRemovals: () => s3.fail('DELETE', { times: 100, answer: [403, 'AccessDenied'] }),
    async [Symbol.asyncDispose]() {
      await objects[Symbol.asyncDispose]();
      await scope[Symbol.asyncDispose]();
      await s3[Symbol.asyncDispose]();
    },
  };
}

describeArchives('in a bucket', archivesInBucket);

let store: BucketOfTest;
let s3: TestS3;
let scope: TestScope;
let objects: S3Objects;
let calls: ArchiveCalls;
async function useBucket(): Promise<void> {
  const made = await archivesInBucket();
  onTestFinished(() => made[Symbol.asyncDispose]());
  store = made;
  ({ s3, scope, objects } = made);
  calls = archiveCalls(scope, made.open);
}

/** Archives of the spool that are open, with or without a name. */
function openArchives(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      return file.startsWith(`${store.spool}/`) ? [file] : [];
    } catch {
      // That of the list itself.
      return [];
    }
  });
}

describe('archives in a bucket', () => {
  beforeEach(useBucket);

  test('come back as they were, to whoever shares the bucket', async () => {
    const { save, load, put, read } = calls;
    put('in/a', 'one');
    const saved = await save('k/1');
    await using others = openS3Objects({ endpoint: s3.endpoint, ...settings });
    expect(await load('k/1', { open: store.openIn(others) })).toMatchObject({ found: true, sha256: saved['sha256'] });
    expect(read('out/a')).toBe('one');
  });

  test('are not fetched where it is only asked whether they are there', async () => {
    const { save, put } = calls;
    put('in/a', 'first');
    await save('k');
    s3.fail('GET', { times: 100, answer: [500, 'InternalError'] });
    expect(await save('k', { replace: false })).toMatchObject({ saved: false });
  });

  test('are none where an entry’s name is none', async () => {
    const { call, save, put } = calls;
    put('in/x', 'x');
    await save('k');
    const names = (await objects.list('', asking)).map(({ name }) => name);
    const entry = names.find((name) => name.includes('/entries/')) ?? '';
    await objects.put(entry.replace(/\.[0-9a-f]{64}$/, '.0'), 'empty', asking);
    await objects.put(entry.replace(/entries\/.*/, 'entries/zz'), 'empty', asking);
    expect(await call('saved', {})).toHaveLength(1);
  });
});

describe('a bucket that fails', () => {
  beforeEach(useBucket);

  test('for longer is told of, with what to do, and leaves nothing on the agent’s disk', async () => {
    const { save, load, put, noise } = calls;
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
    expect([store.parts(), openArchives(), readdirSync(scope.workspace)]).toEqual([[], [], ['in']]);
  }, 30_000);

  test.each<[string, Parameters<TestS3['fail']>[1]['answer']]>([
    ['refused', [403, 'AccessDenied']],
    ['not answered', 'silence'],
  ])('gives what is there, where it can’t be written that it was used: %s', async (_what, answer) => {
    const { save, load, put, read } = calls;
    put('in/x', 'x');
    await save('k');
    s3.fail('PUT', { times: 100, answer });
    expect(await load('k')).toMatchObject({ found: true });
    expect([read('out/x'), openArchives(), store.parts()]).toEqual(['x', [], []]);
    s3.fail('PUT', { times: 100, answer: [403, 'AccessDenied'] });
    expect(await save('k', { replace: false })).toMatchObject({ saved: false });
  });

  test('is not waited for once the step is being cancelled', async () => {
    const { save, load, put, noise } = calls;
    put('in/x', noise(50_000));
    await save('k');
    const stop = new AbortController();
    s3.fail('GET', { times: 100, answer: [503, 'SlowDown'] });
    const loading = load('k', { signal: stop.signal });
    while (!s3.acts.includes('GET')) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await expect(loading).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(s3.acts.filter((act) => act === 'GET')).toHaveLength(1);
    expect(store.parts()).toEqual([]);
  });

  test('leaves nothing open where the step is cancelled once an archive was fetched', async () => {
    const { save, load, put } = calls;
    put('in/x', 'x');
    await save('k');
    const stop = new AbortController();
    const open = store.openIn({
      ...objects,
      put(...args) {
        stop.abort();
        return objects.put(...args);
      },
    });
    await expect(load('k', { open, signal: stop.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect([openArchives(), store.parts(), readdirSync(scope.workspace)]).toEqual([[], [], ['in']]);
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
