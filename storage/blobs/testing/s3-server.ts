/**
 * A small server that speaks as much of S3 as blobs need, for tests where there is no S3: path-style addresses, PUT, GET with
 * ranges, HEAD, DELETE, lists in pages of three, and uploads in parts. It takes only requests whose signature it computes too, and whose body has
 * the digest that was signed. Objects lie in a folder, so that large ones need no memory.
 */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
// Node finds no names in its CommonJS.
import aws4 from 'aws4';

export const testKeys: { readonly accessKeyId: string; readonly secretAccessKey: string } = {
  accessKeyId: 'TESTKEY',
  secretAccessKey: 'test/secret+key',
};
export const testRegion = 'test-region-1';
export const testBucket = 'test-bucket';

/** What a request does that the server is told to fail: `PUT part`, `complete`, `GET`… */
export type Act = 'PUT' | 'PUT part' | 'GET' | 'HEAD' | 'DELETE' | 'list' | 'begin' | 'complete' | 'give up';

export interface TestS3 extends AsyncDisposable {
  readonly endpoint: string;
  /** What was asked for, in order. */
  readonly acts: readonly Act[];
  /** Uploads in parts that were neither completed nor given up. */
  readonly openUploads: ReadonlySet<string>;
  /** The file of an object, to look at or to damage. */
  fileOf(key: string): string;
  /** The next requests of that kind get this answer. */
  fail(act: Act, how: { readonly times: number; readonly answer: WrongAnswer }): void;
}

/** An error, no answer while the connection stays, a connection that is cut, or one that is cut in the middle of such an answer. */
export type WrongAnswer = readonly [status: number, code: string] | 'silence' | 'cut' | { readonly cutIn: number };

interface Fault {
  times: number;
  readonly answer: WrongAnswer;
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
  }
}

export async function startS3(): Promise<TestS3> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-s3-'));
  const world: World = { folder, acts: [], openUploads: new Set(), faults: new Map() };
  const server = createServer((request, response) => {
    answer(world, request, response).catch((cause: unknown) => {
      if (response.headersSent) return response.destroy();
      const [status, code] = cause instanceof Refusal ? [cause.status, cause.message] : [500, 'InternalError'];
      return response.writeHead(status).end(request.method === 'HEAD' ? '' : `<Error><Code>${code}</Code></Error>`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    acts: world.acts,
    openUploads: world.openUploads,
    fileOf: (key) => fileOf(world, key),
    fail: (act, { times, answer }) => world.faults.set(act, { times, answer }),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      rmSync(folder, { recursive: true });
    },
  };
}

interface World {
  readonly folder: string;
  readonly acts: Act[];
  readonly openUploads: Set<string>;
  readonly faults: Map<Act, Fault>;
}

async function answer(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://s3');
  const [, bucket, ...names] = url.pathname.split('/');
  const key = names.join('/');
  const act = actOf(request.method ?? '', url.searchParams);
  world.acts.push(act);
  const fault = world.faults.get(act);
  if (fault !== undefined && fault.times > 0) {
    fault.times -= 1;
    const size = statSync(fileOf(world, key), { throwIfNoEntry: false })?.size ?? 0;
    await answerWrongly(act === 'GET' && fault.answer === 'cut' ? { cutIn: 200 } : fault.answer, {
      request,
      response,
      bytes: Math.max(1000, size),
    });
    return;
  }
  requireSignature(request);
  if (bucket !== testBucket) throw new Refusal(404, 'NoSuchBucket');
  await carryOut(world, act, { key, url, request, response });
}

async function answerWrongly(
  wrong: WrongAnswer,
  { request, response, bytes }: Pick<Exchange, 'request' | 'response'> & { readonly bytes: number },
): Promise<void> {
  if (wrong === 'silence') return;
  if (wrong === 'cut') {
    setImmediate(() => request.destroy());
    return;
  }
  request.resume();
  if (!('cutIn' in wrong)) throw new Refusal(...wrong);
  await finished(request);
  response.writeHead(wrong.cutIn, { 'content-length': bytes }).write('some', () => response.destroy());
}

function actOf(method: string, query: URLSearchParams): Act {
  if (method === 'POST') return query.has('uploads') ? 'begin' : 'complete';
  if (method === 'PUT') return query.has('uploadId') ? 'PUT part' : 'PUT';
  if (method === 'DELETE') return query.has('uploadId') ? 'give up' : 'DELETE';
  if (method === 'GET' && query.has('list-type')) return 'list';
  if (method === 'GET' || method === 'HEAD') return method;
  throw new Refusal(405, 'MethodNotAllowed');
}

interface Exchange {
  readonly key: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function carryOut(world: World, act: Act, { key, url, request, response }: Exchange): Promise<void> {
  const upload = url.searchParams.get('uploadId') ?? '';
  const object = fileOf(world, key);
  switch (act) {
    case 'PUT':
      response.writeHead(200, { etag: await store(world, request, object) }).end();
      return;
    case 'PUT part': {
      requireUpload(world, upload);
      const part = fileOf(world, `${upload}-${url.searchParams.get('partNumber')}`);
      response.writeHead(200, { etag: await store(world, request, part) }).end();
      return;
    }
    case 'begin': {
      // With what has to be encoded in queries and in XML.
      const id = `${randomUUID()}&+/=<é`;
      world.openUploads.add(id);
      const shown = id.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
      response.writeHead(200).end(`<R><UploadId>${shown}</UploadId></R>`);
      return;
    }
    case 'complete':
      await complete(world, request, { upload, object });
      response.writeHead(200).end('<CompleteMultipartUploadResult/>');
      return;
    case 'give up':
      requireUpload(world, upload);
      world.openUploads.delete(upload);
      response.writeHead(204).end();
      return;
    case 'DELETE':
      rmSync(object, { force: true });
      response.writeHead(204).end();
      return;
    case 'list':
      response.writeHead(200).end(listed(world, url.searchParams));
      return;
    case 'GET':
    case 'HEAD':
      await read(object, request, response);
      return;
  }
}

async function read(file: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!existsSync(file)) throw new Refusal(404, 'NoSuchKey');
  const { size } = statSync(file);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(range?.[1] ?? 0);
  const end = range?.[2] === undefined || range[2] === '' ? size - 1 : Math.min(Number(range[2]), size - 1);
  if (range !== null && start >= size) throw new Refusal(416, 'InvalidRange');
  response.writeHead(range === null ? 200 : 206, {
    'content-length': Math.max(0, end - start + 1),
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (request.method === 'HEAD' || size === 0) response.end();
  else await pipeline(createReadStream(file, { start, end }), response);
}

const pageLength = 3;

/**
 * Objects lie beside what is on its way, whose names are UUIDs. A page goes on behind the last name of the one before, as S3 has it: what is
 * removed between two pages hides no other object.
 */
function listed({ folder }: World, query: URLSearchParams): string {
  const names = readdirSync(folder)
    .map((name) => decodeURIComponent(name))
    .filter((name) => name.startsWith(query.get('prefix') ?? '') && !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-/.test(name))
    .sort();
  const after = Buffer.from(query.get('continuation-token')?.slice('+/='.length) ?? '', 'hex').toString();
  const left = names.filter((name) => name > after);
  const page = left.slice(0, pageLength);
  const contents = page.map((name) => {
    const { size, mtime } = statSync(join(folder, encodeURIComponent(name)));
    const modified = `<LastModified>${mtime.toISOString()}</LastModified>`;
    return `<Contents><Key>${name.replaceAll('&', '&amp;')}</Key>${modified}<Size>${size}</Size></Contents>`;
  });
  const token = Buffer.from(page.at(-1) ?? '').toString('hex');
  const end = left.length > page.length ? `<NextContinuationToken>+/=${token}</NextContinuationToken>` : '';
  return `<ListBucketResult><IsTruncated>${end !== ''}</IsTruncated>${contents.join('')}${end}</ListBucketResult>`;
}

/** Writes a body whose digest was signed; its tag is its MD5, as S3 has it. */
async function store(world: World, request: IncomingMessage, file: string): Promise<string> {
  const [sha256, md5] = [createHash('sha256'), createHash('md5')];
  const draft = join(world.folder, randomUUID());
  await pipeline(
    request,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        sha256.update(chunk);
        md5.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(draft),
  );
  if (sha256.digest('hex') !== request.headers['x-amz-content-sha256']) {
    throw new Refusal(400, 'XAmzContentSHA256Mismatch');
  }
  renameSync(draft, file);
  return `"${md5.digest('hex')}"`;
}

async function complete(
  world: World,
  request: IncomingMessage,
  { upload, object }: { readonly upload: string; readonly object: string },
): Promise<void> {
  requireUpload(world, upload);
  const list = join(world.folder, randomUUID());
  await store(world, request, list);
  const parts = [
    ...readFileSync(list, 'utf8').matchAll(/<PartNumber>(\d+)<.PartNumber><ETag>&quot;(\w+)&quot;<.ETag>/g),
  ];
  const draft = join(world.folder, randomUUID());
  for (const [index, [, number, tag]] of parts.entries()) {
    const part = fileOf(world, `${upload}-${number}`);
    const small = statSync(part).size < 5 * 1024 * 1024 && index < parts.length - 1;
    if (Number(number) !== index + 1 || small) throw new Refusal(400, small ? 'EntityTooSmall' : 'InvalidPartOrder');
    const md5 = createHash('md5');
    for await (const chunk of createReadStream(part)) md5.update(chunk as Buffer);
    if (md5.digest('hex') !== tag) throw new Refusal(400, 'InvalidPart');
    await pipeline(createReadStream(part), createWriteStream(draft, { flags: 'a' }));
  }
  renameSync(draft, object);
  world.openUploads.delete(upload);
}

function requireUpload(world: World, upload: string): void {
  if (!world.openUploads.has(upload)) throw new Refusal(404, 'NoSuchUpload');
}

/** The signature as it has to be for what arrived. */
function requireSignature(request: IncomingMessage): void {
  const given = request.headers.authorization ?? '';
  const names = /SignedHeaders=([^,]*)/.exec(given)?.[1]?.split(';') ?? [];
  const headers = Object.fromEntries(names.map((name) => [name, String(request.headers[name])]));
  if (!names.includes('host') || !names.includes('x-amz-content-sha256')) throw new Refusal(403, 'AccessDenied');
  const { method = '', url = '' } = request;
  const signed = aws4.sign({ service: 's3', region: testRegion, method, path: url, headers }, testKeys);
  if (signed.headers?.['Authorization'] !== given) throw new Refusal(403, 'SignatureDoesNotMatch');
}

function fileOf(world: World, key: string): string {
  return join(world.folder, encodeURIComponent(key));
}
