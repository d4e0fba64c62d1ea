import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
// Node finds no names in its CommonJS.
import aws4 from 'aws4';
import { Agent, type Dispatcher, request as send } from 'undici';
import { type S3Attempt, refused, unanswered } from './failures.ts';
import { type S3Settings, endpointOf } from './settings.ts';

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Without the bucket, and with the prefix. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly range?: string;
  readonly body?: S3Body;
  /** Statuses that are an answer; 2xx always are. */
  readonly answers?: readonly number[];
  /** Ends the request, and the body of its answer. */
  readonly signal?: AbortSignal | undefined;
}

/** Sent again from its start where that is necessary. */
export interface S3Body {
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
  readonly open: () => Readable | Buffer;
}

export type S3Response = Dispatcher.ResponseData;

/** Sends signed requests. What isn't an answer is thrown, after a few tries where that may help. */
export interface S3Client extends AsyncDisposable {
  send(doing: string, request: S3Request): Promise<S3Response>;
  /** Bucket and key, for messages. */
  placeOf(key: string): string;
}

const connectTimeoutMs = 5_000;
/** A large object takes the service a while to put together. */
const answerTimeoutMs = 60_000;
const retryDelaysMs: readonly number[] = [100, 400, 1_600];
const retriedStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** Of an error or of a short answer; no more of it is read. */
const textBytes = 64 * 1024;
const emptySha256 = createHash('sha256').digest('hex');

export function createS3Client(settings: Omit<S3Settings, 'spool'>, powers: { readonly now: () => number }): S3Client {
  const endpoint = endpointOf(settings);
  const dispatcher = new Agent({
    connect: { timeout: connectTimeoutMs },
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  });
  const placeOf = (key: string) => `${settings.bucket}/${key}`;
  return {
    placeOf,
    send(doing, request) {
      const at = { doing, place: placeOf(request.key) };
      return tried(at, request, () => sendOnce(request, { settings, endpoint, dispatcher, now: powers.now() }));
    },
    [Symbol.asyncDispose]: () => dispatcher.close(),
  };
}

/** The same client, whose requests end with that signal unless they say otherwise. */
export function endingWith(client: S3Client, signal: AbortSignal): S3Client {
  return { ...client, send: (doing, request) => client.send(doing, { signal, ...request }) };
}

/** An answer's text; a long one is cut. */
export async function textOf(response: S3Response, mostBytes: number = textBytes): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    // undici hands out Buffers where no encoding was set.
    chunks.push(chunk as Buffer);
    length += chunks.at(-1)?.length ?? 0;
    if (length > mostBytes) break;
  }
  return Buffer.concat(chunks).toString();
}

/** The content of an element of an answer, without the five entities of XML. */
export function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#34;', '"')
    .replaceAll('&amp;', '&');
}

async function tried(at: S3Attempt, request: S3Request, action: () => Promise<S3Response>): Promise<S3Response> {
  for (let failures = 0; ; failures += 1) {
    const delay = retryDelaysMs[failures];
    try {
      const response = await action();
      const { statusCode: status } = response;
      if ((status >= 200 && status < 300) || request.answers?.includes(status) === true) return response;
      const code = elementOf(await textOf(response), 'Code');
      if (delay === undefined || !retriedStatuses.has(status)) throw refused(status, code, at);
    } catch (cause) {
      const failure = unanswered(cause, at);
      if (delay === undefined || failure === cause || request.signal?.aborted === true) throw failure;
    }
    await sleep(delay, undefined, { signal: request.signal }).catch((cause: unknown) => {
      throw unanswered(cause, at);
    });
  }
}

interface Sending {
  readonly settings: Omit<S3Settings, 'spool'>;
  readonly endpoint: URL;
  readonly dispatcher: Agent;
  readonly now: number;
}

function sendOnce(request: S3Request, sending: Sending): Promise<S3Response> {
  const { settings, endpoint, dispatcher, now } = sending;
  const { accessKeyId, secretAccessKey, sessionToken } = settings;
  const query = new URLSearchParams(request.query).toString();
  const path = `/${settings.bucket}/${request.key}${query === '' ? '' : `?${query}`}`;
  const signed = {
    host: endpoint.host,
    'x-amz-content-sha256': request.body?.sha256 ?? emptySha256,
    'x-amz-date': new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const { headers } = aws4.sign(
    { service: 's3', region: settings.region, method: request.method, path, headers: signed },
    { accessKeyId, secretAccessKey },
  );
  return send(new URL(path, endpoint), {
    dispatcher,
    method: request.method,
    headers: {
      ...signed,
      authorization: String(headers?.['Authorization']),
      ...(request.range === undefined ? {} : { range: request.range }),
      ...(request.body === undefined ? {} : { 'content-length': String(request.body.size) }),
    },
    body: request.body?.open() ?? null,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
}
