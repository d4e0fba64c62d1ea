/** Objects by name, in a bucket of the small server and of a real one. */

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { errorOf } from '../contract/content.ts';
import { startS3, testBucket, testKeys, testRegion } from '../testing/s3-server.ts';
import { startGateway } from '../testing/versity-gateway.ts';
import { openS3Objects, type S3Objects } from './objects.ts';

const asking = { signal: new AbortController().signal };
const folder = mkdtempSync(join(tmpdir(), 'waterflow-objects-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(content: string): { readonly file: string; readonly bytes: number; readonly sha256: string } {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = join(folder, sha256);
  writeFileSync(file, content);
  return { file, bytes: Buffer.byteLength(content), sha256 };
}

const openAt = ({ endpoint }: { readonly endpoint: string }, more: object = {}): S3Objects =>
  openS3Objects({ endpoint, bucket: testBucket, region: testRegion, ...testKeys, ...more });

const hasGateway = await needs('s3');
const servers = [
  { name: 'the small server', start: startS3, isThere: true },
  { name: 'a real server', start: startGateway, isThere: hasGateway },
];

describe.each(servers.filter(({ isThere }) => isThere))('objects of $name', ({ start }) => {
  let server: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (more: object = {}): S3Objects => openAt(server, more);

  it('are put, found, read, put anew and removed', async () => {
    await using objects = open({ prefix: 'a/b/' });
    expect(await objects.get('x/1', asking)).toBeUndefined();
    expect(await objects.has('x/1', asking)).toBe(false);
    for (const content of ['content', 'another']) {
      await objects.put('x/1', fileWith(content), asking);
      const found = await objects.get('x/1', asking);
      expect([found?.bytes, found && (await text(found.content))]).toEqual([7, content]);
      expect(readFileSync(server.fileOf('a/b/x/1'), 'utf8')).toBe(content);
    }
    await objects.put('x/empty', 'empty', asking);
    const empty = await objects.get('x/empty', asking);
    expect([empty?.bytes, empty && (await text(empty.content))]).toEqual([0, '']);
    await objects.remove('x/1', asking);
    await objects.remove('x/1', asking);
    expect(await objects.has('x/1', asking)).toBe(false);
    expect(await objects.has('x/empty', asking)).toBe(true);
  });

  it('are listed by their beginnings, page by page, with the time of their last writing', async () => {
    await using objects = open({ prefix: 'c/' });
    const before = Date.now();
    const names = Array.from({ length: 7 }, (_, index) => `list/${index}.0.${'f'.repeat(200)}`);
    for (const name of [...names].reverse()) await objects.put(name, 'empty', asking);
    await objects.put('list/3.x', fileWith('abc'), asking);
    await objects.put('other', 'empty', asking);
    const listed = await objects.list('list/', asking);
    expect(listed.map(({ name }) => name)).toEqual([...names, 'list/3.x'].sort());
    for (const { modified_ms } of listed) {
      // S3 may give whole seconds.
      expect(modified_ms).toBeGreaterThanOrEqual(before - 1000);
      expect(modified_ms).toBeLessThanOrEqual(Date.now());
    }
    expect(await objects.list('list/3.x', asking)).toMatchObject([{ name: 'list/3.x', bytes: 3 }]);
    expect(await objects.list('none', asking)).toEqual([]);
  });

  it('say what is wrong with the settings, and show no secret', async () => {
    for (const [change, code] of [
      [{ secretAccessKey: 'other-secret' }, 'SignatureDoesNotMatch'],
      [{ bucket: 'no-such-bucket' }, 'NoSuchBucket'],
    ] as const) {
      await using objects = open(change);
      const asks = [
        () => objects.get('x', asking),
        () => objects.list('x', asking),
        () => objects.put('x', 'empty', asking),
      ];
      for (const ask of asks) {
        const error = await errorOf(ask());
        expect(error).toMatchObject({ code: 'STORAGE_FAILED', message: expect.stringContaining(code) });
        expect(JSON.stringify(error)).not.toContain('other-secret');
      }
    }
  });

  it('are not waited for once the signal says so', async () => {
    await using objects = open();
    const stopped = { signal: AbortSignal.abort() };
    const asks = [
      () => objects.get('x', stopped),
      () => objects.list('x', stopped),
      () => objects.put('x', 'empty', stopped),
    ];
    for (const ask of asks) expect(await errorOf(ask())).toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await objects.has('x', asking)).toBe(false);
  });
});

describe('objects of a service that fails', () => {
  it('in the middle of saying that one is not there are not taken for absent', async () => {
    await using server = await startS3();
    await using objects = openAt(server);
    server.fail('GET', { times: 1, answer: { cutIn: 404 } });
    expect(await errorOf(objects.get('x', asking))).toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await objects.get('x', asking)).toBeUndefined();
  });

  it('are not waited for longer than half a minute, where it takes connections and is silent', async () => {
    await using server = await startS3();
    await using objects = openAt(server);
    for (const act of ['GET', 'HEAD', 'list', 'PUT', 'DELETE', 'begin'] as const) {
      server.fail(act, { times: 100, answer: 'silence' });
    }
    const halfMinute = { signal: AbortSignal.timeout(30_000) };
    const asks = [
      objects.get('x', halfMinute),
      objects.has('x', halfMinute),
      objects.list('x', halfMinute),
      objects.put('x', 'empty', halfMinute),
      // More than what lies in the buffers of a connection.
      objects.put('x', fileWith('x'.repeat(40 * 1024 * 1024)), halfMinute),
      objects.put('x', fileWith('x'.repeat(70 * 1024 * 1024)), halfMinute),
      objects.remove('x', halfMinute),
    ];
    for (const error of await Promise.all(asks.map(errorOf))) expect(error).toMatchObject({ code: 'STORAGE_FAILED' });
    expect(halfMinute.signal.aborted).toBe(false);
  });
});

describe('a bucket of more than one page', () => {
  it.skipIf(!hasGateway)('of a real server is listed whole', async () => {
    await using server = await startGateway();
    await using objects = openAt(server);
    const names = Array.from({ length: 1001 }, (_, index) => `many/${String(index).padStart(4, '0')}`);
    for (let from = 0; from < names.length; from += 50) {
      await Promise.all(names.slice(from, from + 50).map((name) => objects.put(name, 'empty', asking)));
    }
    expect((await objects.list('many/', asking)).map(({ name }) => name)).toEqual(names);
  });
});

describe('a large object', () => {
  const large = 'x'.repeat(70 * 1024 * 1024);

  it.each(['begin', 'complete'] as const)('whose answer breaks off is not kept: %s', async (act) => {
    await using server = await startS3();
    await using objects = openAt(server);
    server.fail(act, { times: 1, answer: { cutIn: 200 } });
    expect(await errorOf(objects.put('large', fileWith(large), asking))).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining(`could not ${act} a blob`),
    });
    expect(await objects.has('large', asking)).toBe(false);
    expect(server.openUploads.size).toBe(0);
  });

  it('that is stopped in the middle leaves no parts behind', async () => {
    await using server = await startS3();
    await using objects = openAt(server);
    server.fail('PUT part', { times: 10, answer: [503, 'SlowDown'] });
    const stop = new AbortController();
    const putting = errorOf(objects.put('large', fileWith(large), { signal: stop.signal }));
    while (!server.acts.includes('PUT part')) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect(await putting).toMatchObject({ code: 'STORAGE_FAILED' });
    expect(server.acts.at(-1)).toBe('give up');
    expect(server.openUploads.size).toBe(0);
  });
});
