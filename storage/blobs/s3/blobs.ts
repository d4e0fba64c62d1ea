import { PassThrough, Readable } from 'node:stream';
import type { Digest } from '../../../schemas/index.ts';
import { hexOf, relayed, verifying } from '../digest.ts';
import { prepareIncoming, receive } from '../incoming.ts';
import type { BlobRange, Blobs, StoredBlob } from '../port.ts';
import { requireRange } from '../range.ts';
import { createS3Client, elementOf, type S3Client, type S3Response, textOf } from './client.ts';
import { refused, unanswered } from './failures.ts';
import type { S3Settings } from './settings.ts';
import { upload } from './upload.ts';

/** Blobs as objects of a bucket, `<prefix><two digits>/<hex>`. */
export async function openS3Blobs(settings: S3Settings, powers: { readonly now: () => number }): Promise<Blobs> {
  const client = createS3Client(settings, powers);
  await prepareIncoming(settings.spool, { now: powers.now() });
  const keyOf = (digest: string) => {
    const hex = hexOf(digest);
    return hex === undefined ? undefined : `${settings.prefix ?? ''}${hex.slice(0, 2)}/${hex}`;
  };
  return {
    put: (content, { expected } = {}) =>
      receive(content, { folder: settings.spool, expected }, (incoming) =>
        upload(client, keyOf(incoming.digest) ?? '', incoming),
      ),
    async get(digest, range) {
      if (range !== undefined) requireRange(range);
      const key = keyOf(digest);
      if (key === undefined) return undefined;
      return range === undefined ? readWhole(client, key, digest) : readRange(client, key, range);
    },
    async has(digest) {
      const key = keyOf(digest);
      return key !== undefined && (await sizeOf(client, key)) !== undefined;
    },
    async remove(digest) {
      const key = keyOf(digest);
      if (key === undefined) return;
      const response = await client.send('remove a blob', { method: 'DELETE', key, answers: [404] });
      await response.body.dump();
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

async function readWhole(client: S3Client, key: string, digest: Digest): Promise<StoredBlob | undefined> {
  const place = client.placeOf(key);
  const response = await client.send('read a blob', { method: 'GET', key, answers: [404] });
  if (response.statusCode === 404) return absent(response, place);
  const size = Number(response.headers['content-length']);
  if (!Number.isSafeInteger(size)) throw unusable(response, 'without content-length', place);
  return { size, content: relayed(response.body, verifying(digest, place), failureOf(place)) };
}

async function readRange(client: S3Client, key: string, range: BlobRange): Promise<StoredBlob | undefined> {
  if (range.from === range.until) return readNothing(client, key);
  const place = client.placeOf(key);
  const asked = `bytes=${range.from}-${range.until === undefined ? '' : range.until - 1}`;
  const response = await client.send('read a blob', { method: 'GET', key, range: asked, answers: [404, 416] });
  if (response.statusCode === 404) return absent(response, place);
  if (response.statusCode === 416) {
    await response.body.dump();
    return readNothing(client, key);
  }
  const size = Number(/\/(\d+)$/.exec(String(response.headers['content-range']))?.[1]);
  if (response.statusCode !== 206 || !Number.isSafeInteger(size)) throw unusable(response, 'without a range', place);
  return { size, content: relayed(response.body, new PassThrough(), failureOf(place)) };
}

/** A range without bytes. */
async function readNothing(client: S3Client, key: string): Promise<StoredBlob | undefined> {
  const size = await sizeOf(client, key);
  return size === undefined ? undefined : { size, content: Readable.from([], { objectMode: false }) };
}

async function sizeOf(client: S3Client, key: string): Promise<number | undefined> {
  const response = await client.send('look for a blob', { method: 'HEAD', key, answers: [404] });
  await response.body.dump();
  return response.statusCode === 404 ? undefined : Number(response.headers['content-length']);
}

/** What S3 says of an object that isn't there. Of a bucket or a user that isn't, servers answer 404, too. */
const absentCodes: ReadonlySet<string | undefined> = new Set([undefined, 'NoSuchKey', 'NotFound']);

async function absent(response: S3Response, place: string): Promise<undefined> {
  const at = { doing: 'read a blob', place };
  const code = elementOf(await textOf(response, at), 'Code');
  if (!absentCodes.has(code)) throw refused(response.statusCode, code, at);
}

/** An answer that S3 doesn't give. */
function unusable(response: S3Response, what: string, place: string): Error {
  response.body.destroy();
  return refused(response.statusCode, what, { doing: 'read a blob', place });
}

/** Of a stream that breaks off: undici fails where the connection ends before the announced length. */
function failureOf(place: string): (cause: unknown) => Error {
  return (cause) => unanswered(cause, { doing: 'read a blob', place });
}
