import { createHash } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import type { Digest } from '../../../schemas/index.ts';
import { relayed } from '../digest.ts';
import {
  createS3Client,
  elementOf,
  endingWith,
  type S3Client,
  type S3Patience,
  type S3Response,
  textOf,
} from './client.ts';
import { refused, unanswered } from './failures.ts';
import type { S3Settings } from './settings.ts';
import { upload } from './upload.ts';

/** What every request of a caller ends with. */
interface Asking {
  readonly signal: AbortSignal;
}

/** An object as a list has it. */
export interface ListedObject {
  /** Without the settings' prefix. */
  readonly name: string;
  readonly bytes: number;
  /** When it was last written, in ms since the epoch, as the service's clock goes. */
  readonly modified_ms: number;
}

/**
 * Objects of a bucket by their names, of letters, digits and `. - /`. An object is there whole or not at all. Rejects with WaterflowFailure:
 * STORAGE_FULL, STORAGE_FAILED; of a service that is silent within half a minute, and within two minutes more where a large object was to be
 * put together.
 */
export interface S3Objects extends AsyncDisposable {
  /** Puts a file in the place of what was there; nothing at all makes an empty object. */
  put(
    name: string,
    content: { readonly file: string; readonly bytes: number; readonly sha256: string } | 'empty',
    asking: Asking,
  ): Promise<void>;
  /** Undefined where it isn't there. The content is to be read to its end, or destroyed. */
  get(name: string, asking: Asking): Promise<{ readonly bytes: number; readonly content: Readable } | undefined>;
  has(name: string, asking: Asking): Promise<boolean>;
  /** All whose names begin so, in the order of their names. */
  list(prefix: string, asking: Asking): Promise<readonly ListedObject[]>;
  /** Nothing happens where it isn't there. */
  remove(name: string, asking: Asking): Promise<void>;
}

const emptyDigest = `sha256:${createHash('sha256').digest('hex')}` as Digest; // Of that form.
/** Who asks goes on without the objects, and waits no longer than half a minute for a service that is silent. */
const patience: S3Patience = { answerMs: 10_000, silences: 2 };
/** 1000 objects, S3's own most for one answer, with names of 1024 characters. */
const mostListBytes: number = 4 * 1024 * 1024;

/** Opens a bucket for objects that its user names. It is first reached when it is used. INVALID_INPUT for settings that can't be right. */
export function openS3Objects(
  settings: Omit<S3Settings, 'spool'>,
  powers: { readonly now: () => number } = { now: Date.now },
): S3Objects {
  const client = createS3Client(settings, { ...powers, patience });
  const before = settings.prefix ?? '';
  const keyOf = (name: string): string => `${before}${name}`;
  return {
    async put(name, content, { signal }) {
      const sent =
        content === 'empty'
          ? { file: '', size: 0, digest: emptyDigest }
          : { file: content.file, size: content.bytes, digest: `sha256:${content.sha256}` as Digest }; // Of that form.
      await upload(endingWith(client, signal), keyOf(name), sent);
    },
    async get(name, { signal }) {
      const key = keyOf(name);
      const response = await client.send('read an object', { method: 'GET', key, answers: [404], signal });
      if (response.statusCode === 404) return absent(response, client.placeOf(key));
      const bytes = Number(response.headers['content-length']);
      const at = { doing: 'read an object', place: client.placeOf(key) };
      return { bytes, content: relayed(response.body, new PassThrough(), (cause) => unanswered(cause, at)) };
    },
    async has(name, { signal }) {
      const request = { method: 'HEAD', key: keyOf(name), answers: [404], signal } as const;
      const response = await client.send('look for an object', request);
      await response.body.dump();
      return response.statusCode !== 404;
    },
    async list(prefix, { signal }) {
      const found: ListedObject[] = [];
      let token: string | undefined;
      do {
        const query = {
          'list-type': '2',
          prefix: keyOf(prefix),
          ...(token === undefined ? {} : { 'continuation-token': token }),
        };
        const page = await listPage(endingWith(client, signal), query);
        found.push(...page.objects.map((each) => ({ ...each, name: each.name.slice(before.length) })));
        ({ token } = page);
      } while (token !== undefined);
      return found;
    },
    async remove(name, { signal }) {
      const request = { method: 'DELETE', key: keyOf(name), answers: [404], signal } as const;
      const response = await client.send('remove an object', request);
      await response.body.dump();
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
async function listPage(
  client: S3Client,
  query: Readonly<Record<string, string>>,
): Promise<{ readonly objects: readonly ListedObject[]; readonly token: string | undefined }> {
  const at = { doing: 'list objects', place: client.placeOf(query['prefix'] ?? '') };
  const response = await client.send(at.doing, { method: 'GET', key: '', query });
  const xml = await textOf(response, at, mostListBytes);
  if (!xml.includes('</ListBucketResult>')) throw refused(response.statusCode, 'no list', at);
  const objects = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, text = '']) => ({
    name: elementOf(text, 'Key') ?? '',
    bytes: Number(elementOf(text, 'Size')),
    modified_ms: Date.parse(elementOf(text, 'LastModified') ?? ''),
  }));
  const isCut = elementOf(xml, 'IsTruncated') === 'true';
  return { objects, token: isCut ? elementOf(xml, 'NextContinuationToken') : undefined };
}

/** Of a bucket or a user that isn't there, servers answer 404, too. */
async function absent(response: S3Response, place: string): Promise<undefined> {
  const at = { doing: 'read an object', place };
  const code = elementOf(await textOf(response, at), 'Code');
  if (code === undefined || code === 'NoSuchKey' || code === 'NotFound') return;
  throw refused(response.statusCode, code, at);
}
