/**
 * Against a server of our own that speaks S3's protocol and checks each signature, and can be told to fail. gateway.test.ts has the
 * contract against a real one.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../schemas/index.ts';
import { describeBlobs, type TestBlobs } from '../contract/blobs-contract.ts';
import { contentOf, digestOfText, errorOf, readUntilFailure, textIn } from '../contract/content.ts';
import { openBlobs } from '../index.ts';
import { startS3, type TestS3, testBucket, testKeys, testRegion } from '../testing/s3-server.ts';
import type { S3Settings } from './settings.ts';

interface TestS3Blobs extends TestBlobs {
  readonly s3: TestS3;
  readonly settings: S3Settings;
}

async function s3Blobs(): Promise<TestS3Blobs> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-blobs-'));
  const s3 = await startS3();
  const incoming = join(folder, 'spool');
  const settings: S3Settings = {
    endpoint: s3.endpoint,
    bucket: testBucket,
    region: testRegion,
    prefix: 'waterflow/blobs/',
    ...testKeys,
    spool: incoming,
  };
  const blobs = await openBlobs({ s3: settings });
  return {
    s3,
    settings,
    blobs,
    reopen: () => openBlobs({ s3: settings }),
    fileOf: (digest: Digest) => s3.fileOf(`waterflow/blobs/${digest.slice(7, 9)}/${digest.slice(7)}`),
    incoming,
    async [Symbol.asyncDispose]() {
      await blobs[Symbol.asyncDispose]();
      await s3[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

describeBlobs('a bucket', s3Blobs);

const largeContent = () => contentOf(...Array.from({ length: 70 }, () => 'x'.repeat(1024 * 1024)));

describe('the client', () => {
  it('works in Node itself as it does in a test runner', async () => {
    await using store = await s3Blobs();
    const program = `
      const { openBlobs } = await import(process.argv[1]);
      await using blobs = await openBlobs({ s3: JSON.parse(process.argv[2]) });
      console.log((await blobs.put([Buffer.from('text')])).digest);
    `;
    const entry = new URL('../index.ts', import.meta.url).href;
    const argv = ['--input-type=module', '--eval', program, entry, JSON.stringify(store.settings)];
    const { stdout } = await promisify(execFile)(process.execPath, argv);
    expect(stdout.trim()).toBe(digestOfText('text'));
    expect(await textIn(await store.blobs.get(digestOfText('text')))).toBe('text');
  });
});

describe('a service that fails', () => {
  it('for a moment is asked again', async () => {
    await using store = await s3Blobs();
    store.s3.fail('PUT', { times: 2, answer: [503, 'SlowDown'] });
    const { digest } = await store.blobs.put(contentOf('text'));
    store.s3.fail('GET', { times: 1, answer: [500, 'InternalError'] });
    expect(await textIn(await store.blobs.get(digest))).toBe('text');
    store.s3.fail('HEAD', { times: 1, answer: 'cut' });
    expect(await store.blobs.has(digest)).toBe(true);
    expect(store.s3.acts).toEqual(['PUT', 'PUT', 'PUT', 'GET', 'GET', 'HEAD', 'HEAD']);
  });

  it('for longer is given up with a remedy', async () => {
    await using store = await s3Blobs();
    store.s3.fail('PUT', { times: 100, answer: [503, 'SlowDown'] });
    expect(await errorOf(store.blobs.put(contentOf('text')))).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('503 SlowDown'),
      remedy: expect.stringContaining('Wait'),
    });
    expect(store.s3.acts).toEqual(['PUT', 'PUT', 'PUT', 'PUT']);
    expect(await store.blobs.has(digestOfText('text'))).toBe(false);
  });

  it('in the middle of a blob fails who reads it', async () => {
    await using store = await s3Blobs();
    const { digest } = await store.blobs.put(contentOf('text'));
    store.s3.fail('GET', { times: 1, answer: 'cut' });
    const { text, error } = await readUntilFailure(await store.blobs.get(digest));
    expect(text).not.toBe('some');
    expect(error).toMatchObject({ code: 'STORAGE_FAILED', remedy: expect.stringContaining('endpoint') });
  });

  it('in the middle of saying that a blob is not there is not believed', async () => {
    await using store = await s3Blobs();
    store.s3.fail('GET', { times: 1, answer: { cutIn: 404 } });
    expect(await errorOf(store.blobs.get(digestOfText('text')))).toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it('is full: STORAGE_FULL', async () => {
    await using store = await s3Blobs();
    store.s3.fail('PUT', { times: 1, answer: [507, 'XMinioStorageFull'] });
    expect(await errorOf(store.blobs.put(contentOf('text')))).toMatchObject({ code: 'STORAGE_FULL' });
  });
});

describe('a blob of more than 64 MiB', () => {
  it('goes in parts, of which those that fail are sent again', async () => {
    await using store = await s3Blobs();
    store.s3.fail('PUT part', { times: 1, answer: [500, 'InternalError'] });
    const { digest } = await store.blobs.put(largeContent());
    expect(store.s3.acts).toEqual(['begin', 'PUT part', 'PUT part', 'PUT part', 'complete']);
    expect(store.s3.openUploads.size).toBe(0);
    expect(await store.blobs.has(digest)).toBe(true);
  });

  it.each(['PUT part', 'complete'] as const)('leaves no parts behind where it fails: %s', async (act) => {
    await using store = await s3Blobs();
    store.s3.fail(act, { times: 1, answer: [403, 'AccessDenied'] });
    expect(await errorOf(store.blobs.put(largeContent()))).toMatchObject({
      code: 'STORAGE_FAILED',
      remedy: expect.stringContaining('access key'),
    });
    expect(store.s3.acts.at(-1)).toBe('give up');
    expect(store.s3.openUploads.size).toBe(0);
  });

  it('is not taken for stored where the service says 200 and then fails', async () => {
    await using store = await s3Blobs();
    store.s3.fail('complete', { times: 1, answer: [200, 'InternalError'] });
    expect(await errorOf(store.blobs.put(largeContent()))).toMatchObject({ code: 'STORAGE_FAILED' });
    expect(store.s3.openUploads.size).toBe(0);
  });
});

describe('settings', () => {
  it('with a wrong key, region or bucket fail with a remedy, and show no secret', async () => {
    await using store = await s3Blobs();
    const wrong = [
      [{ secretAccessKey: 'other-secret' }, 'access key'],
      [{ region: 'elsewhere-1' }, 'access key'],
      [{ bucket: 'other-bucket' }, 'Make the bucket'],
      [{ endpoint: 'http://127.0.0.1:1' }, 'endpoint'],
    ] as const;
    for (const [change, remedy] of wrong) {
      await using blobs = await openBlobs({ s3: { ...store.settings, ...change } });
      for (const ask of [() => blobs.put(contentOf('text')), () => blobs.get(digestOfText('text'))]) {
        const error = await errorOf(ask());
        expect(error).toMatchObject({ code: 'STORAGE_FAILED', remedy: expect.stringContaining(remedy) });
        expect(JSON.stringify(error)).not.toMatch(/other-secret|secret\+key/);
      }
    }
  });

  it('with a session token sign it, too', async () => {
    await using store = await s3Blobs();
    await using blobs = await openBlobs({ s3: { ...store.settings, sessionToken: 'token/with+signs=' } });
    const { digest } = await blobs.put(contentOf('text'));
    expect(await textIn(await blobs.get(digest))).toBe('text');
  });

  it('that cannot be right are refused at once', async () => {
    await using store = await s3Blobs();
    const wrong = [
      { endpoint: 's3.example.com' },
      { endpoint: 'ftp://s3.example.com' },
      { endpoint: 'https://s3.example.com/bucket' },
      { endpoint: 'https://key:secret-word@s3.example.com' },
      { bucket: 'Not_A_Bucket' },
      { bucket: '../other' },
      { prefix: '/' },
      { prefix: 'no-slash' },
      { prefix: '../' },
      { prefix: 'a b/' },
    ];
    for (const change of wrong) {
      const error = await errorOf(openBlobs({ s3: { ...store.settings, ...change } }));
      expect(error, JSON.stringify(change)).toMatchObject({ code: 'INVALID_INPUT', remedy: expect.any(String) });
      expect(JSON.stringify(error)).not.toContain('secret-word');
    }
  });

  it('with a spool where no folder can be fail with a remedy', async () => {
    await using store = await s3Blobs();
    const file = join(store.incoming, 'file');
    writeFileSync(file, '');
    const opened = openBlobs({ s3: { ...store.settings, spool: join(file, 'spool') } });
    expect(await errorOf(opened)).toMatchObject({ code: 'STORAGE_FAILED' });
  });
});
