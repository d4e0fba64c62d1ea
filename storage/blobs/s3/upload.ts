import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { hexOf } from '../digest.ts';
import type { Incoming } from '../incoming.ts';
import { elementOf, type S3Body, type S3Client, textOf } from './client.ts';
import { refused } from './failures.ts';

const mebibyte = 1024 * 1024;
/** Larger ones are sent in parts. S3 takes up to 5 GiB at once; a part that fails is sent again by itself. */
const partBytes = 64 * mebibyte;
/** The limit of S3; a blob of more than 625 GiB has larger parts. */
const mostParts = 10_000;

/** A large object takes the service a while to put together. */
const completing = { answerMs: 60_000 };
/** A service that takes longer does it, whether its answer is heard or not. */
const givingUp = { answerMs: 2_500, silences: 2 };

/** What is sent; an empty one needs no file. */
type Sent = Pick<Incoming, 'digest' | 'size' | 'file'>;

/** Sends a file under a key. It is there once all of it is. */
export async function upload(client: S3Client, key: string, incoming: Sent): Promise<void> {
  if (incoming.size > partBytes) return uploadInParts(client, key, incoming);
  const { size, file } = incoming;
  const body = { size, sha256: hexOf(incoming.digest) ?? '', open: () => slice(file, 0, size) };
  await (await client.send('write a blob', { method: 'PUT', key, body })).body.dump();
}

async function uploadInParts(client: S3Client, key: string, incoming: Sent): Promise<void> {
  const at = { doing: 'begin a blob', place: client.placeOf(key) };
  const started = await client.send(at.doing, { method: 'POST', key, query: { uploads: '' } });
  const uploadId = elementOf(await textOf(started, at), 'UploadId');
  if (uploadId === undefined) throw refused(started.statusCode, 'no UploadId', at);
  try {
    const tags = await sendParts(client, key, incoming, uploadId);
    await complete(client, key, uploadId, tags);
  } catch (cause) {
    // Parts cost space until they are given up. Where that fails too, the bucket's own rules remove them.
    const giving = { method: 'DELETE', key, query: { uploadId }, answers: [404], signal: undefined } as const;
    const given = client.send('give up a blob', { ...giving, patience: givingUp });
    await given.then(({ body }) => body.dump()).catch(() => undefined);
    throw cause;
  }
}

/** The tags that the service gives to the parts, in order. */
async function sendParts(
  client: S3Client,
  key: string,
  { file, size }: Sent,
  uploadId: string,
): Promise<readonly string[]> {
  const length = Math.max(partBytes, Math.ceil(size / mostParts));
  const tags: string[] = [];
  for (let from = 0; from < size; from += length) {
    const until = Math.min(from + length, size);
    const body = await partOf(file, from, until);
    const query = { partNumber: String(tags.length + 1), uploadId };
    const sent = await client.send('write a part of a blob', { method: 'PUT', key, query, body });
    await sent.body.dump();
    tags.push(String(sent.headers['etag']));
  }
  return tags;
}

async function complete(client: S3Client, key: string, uploadId: string, tags: readonly string[]): Promise<void> {
  const parts = tags.map(
    (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escaped(tag)}</ETag></Part>`,
  );
  const xml = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
  const body = { size: xml.length, sha256: createHash('sha256').update(xml).digest('hex'), open: () => xml };
  const at = { doing: 'complete a blob', place: client.placeOf(key) };
  const request = { method: 'POST', key, query: { uploadId }, body, patience: completing } as const;
  const response = await client.send(at.doing, request);
  // S3 answers 200 before it is done, and may still fail:
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
  const answer = await textOf(response, at);
  if (answer.includes('<Error>')) throw refused(response.statusCode, elementOf(answer, 'Code'), at);
}

async function partOf(file: string, from: number, until: number): Promise<S3Body> {
  const hash = createHash('sha256');
  for await (const chunk of slice(file, from, until)) hash.update(chunk as Uint8Array);
  return { size: until - from, sha256: hash.digest('hex'), open: () => slice(file, from, until) };
}

function slice(file: string, from: number, until: number): Readable | Buffer {
  return from === until ? Buffer.alloc(0) : createReadStream(file, { start: from, end: until - 1 });
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
