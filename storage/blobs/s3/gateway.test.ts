/** The blobs' contract against a real server of S3. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { Digest } from '../../../schemas/index.ts';
import { describeBlobs, type TestBlobs } from '../contract/blobs-contract.ts';
import { contentOf, errorOf, someDigest, textIn } from '../contract/content.ts';
import { openBlobs } from '../index.ts';
import { testBucket, testKeys, testRegion } from '../testing/s3-server.ts';
import { startGateway, type TestGateway } from '../testing/versity-gateway.ts';
import type { S3Settings } from './settings.ts';

const isThere = await needs('s3');
let gateway: TestGateway;
beforeAll(async () => {
  if (isThere) gateway = await startGateway();
});
afterAll(() => gateway?.[Symbol.asyncDispose]());

let stores = 0;

async function gatewayBlobs(): Promise<TestBlobs & { readonly settings: S3Settings }> {
  const spool = mkdtempSync(join(tmpdir(), 'waterflow-spool-'));
  stores += 1;
  const prefix = `store-${stores}/blobs/`;
  const { endpoint } = gateway;
  const settings = { endpoint, bucket: testBucket, region: testRegion, prefix, ...testKeys, spool };
  const blobs = await openBlobs({ s3: settings });
  return {
    settings,
    blobs,
    reopen: () => openBlobs({ s3: settings }),
    fileOf: (digest: Digest) => gateway.fileOf(`${prefix}${digest.slice(7, 9)}/${digest.slice(7)}`),
    incoming: spool,
    async [Symbol.asyncDispose]() {
      await blobs[Symbol.asyncDispose]();
      rmSync(spool, { recursive: true });
    },
  };
}

describe.skipIf(!isThere)('a server of S3', () => {
  describeBlobs('a bucket of a real server', gatewayBlobs);

  it('takes content of more than one part', async () => {
    await using store = await gatewayBlobs();
    const piece = 'x'.repeat(1024 * 1024);
    const { digest, size } = await store.blobs.put(contentOf(...Array.from({ length: 70 }, () => piece)));
    expect(size).toBe(70 * 1024 * 1024);
    expect(await textIn(await store.blobs.get(digest, { from: size - 5 }))).toBe('xxxxx');
  });

  it.each([
    [{ secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch'],
    // S3's own word is InvalidAccessKeyId.
    [{ accessKeyId: 'nobody' }, 'UserNotFound'],
    [{ bucket: 'no-such-bucket' }, 'NoSuchBucket'],
  ])('that refuses %j is told of, with its word for it', async (wrong, code) => {
    await using store = await gatewayBlobs();
    await using blobs = await openBlobs({ s3: { ...store.settings, ...wrong } });
    for (const ask of [() => blobs.put(contentOf('text')), () => blobs.get(someDigest)]) {
      expect(await errorOf(ask())).toMatchObject({ code: 'STORAGE_FAILED', message: expect.stringContaining(code) });
    }
  });
});
