import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
// Node finds no names in its CommonJS.
import aws4 from 'aws4';
import type { Agent, Dispatcher } from 'undici';
import { refused, type S3Attempt, unanswered } from './failures.ts';
import { endpointOf, type S3Settings } from './settings.ts';

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
  /** In place of the client's own. */
  readonly patience?: Partial<S3Patience>;
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

/** How long a service that is silent or fails is put up with. */
export interface S3Patience {
  /** How long nothing may come of an answer, and nothing be taken of a request. */
  readonly answerMs: number;
  /** How many tries may end in silence. */
  readonly silences: number;
}

const connectTimeoutMs = 5_000;
const defaultPatience: S3Patience = { answerMs: 60_000, silences: Number.POSITIVE_INFINITY };
const retryDelaysMs: readonly number[] = [100, 400, 1_600];
const retriedStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** Of an error or of a short answer; no more of it is read. */
const textBytes = 64 * 1024;
const emptySha256 = createHash('sha256').digest('hex');
/** undici's errors of a service that says nothing. */
const silentCodes: ReadonlySet<unknown> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

export function createS3Client(
  settings: Omit<S3Settings, 'spool'>,
  powers: { readonly now: () => number; readonly patience?: S3Patience },
): S3Client {
  const endpoint = endpointOf(settings);
  let opened: Promise<Agent> | undefined;
  const dispatcher = (): Promise<Agent> => {
    opened ??= openAgent();
    return opened;
  };
  const placeOf = (key: string) => `${settings.bucket}/${key}`;
  return {
    placeOf,
    send(doing, request) {
      const at = { doing, place: placeOf(request.key) };
      const { answerMs, silences } = { ...(powers.patience ?? defaultPatience), ...request.patience };
      return tried(at, { request, silences }, async () =>
        sendOnce(request, { settings, endpoint, dispatcher: await dispatcher(), now: powers.now(), answerMs }),
      );
    },
    [Symbol.asyncDispose]: async () => (await opened)?.close(),
  };
}

/** Loading undici takes a tenth of the time of a trivial command, and most have no bucket. */
async function openAgent(): Promise<Agent> {
  const undici = await import('undici');
  return new undici.Agent({ connect: { timeout: connectTimeoutMs } });
}

/** The same client, whose requests end with that signal unless they say otherwise. */
export function endingWith(client: S3Client, signal: AbortSignal): S3Client {
  return { ...client, send: (doing, request) => client.send(doing, { signal, ...request }) };
}

/** An answer's text; a long one is cut. STORAGE_FAILED where the answer breaks off. */
export async function textOf(response: S3Response, at: S3Attempt, mostBytes: number = textBytes): Promise<string> {
  return readText(response, mostBytes).catch((cause: unknown) => {
    throw unanswered(cause, at);
  });
}

async function readText(response: S3Response, mostBytes: number): Promise<string> {
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

async function tried(
  at: S3Attempt,
  { request, silences }: { readonly request: S3Request; readonly silences: number },
  action: () => Promise<S3Response>,
): Promise<S3Response> {
  let silent = 0;
  for (let failures = 0; ; failures += 1) {
    const delay = retryDelaysMs[failures];
    try {
      const response = await action();
      const { statusCode: status } = response;
      if ((status >= 200 && status < 300) || request.answers?.includes(status) === true) return response;
      const code = elementOf(await readText(response, textBytes), 'Code');
      if (delay === undefined || !retriedStatuses.has(status)) throw refused(status, code, at);
    } catch (cause) {
      const failure = unanswered(cause, at);
      if (isSilence(cause)) silent += 1;
      const isLast = delay === undefined || silent >= silences;
      if (isLast || failure === cause || request.signal?.aborted === true) throw failure;
    }
    await sleep(delay, undefined, { signal: request.signal }).catch((cause: unknown) => {
      throw unanswered(cause, at);
    });
  }
}

function isSilence(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && silentCodes.has(cause.code);
}

interface Sending {
  readonly settings: Omit<S3Settings, 'spool'>;
  readonly endpoint: URL;
  readonly dispatcher: Agent;
  readonly now: number;
  readonly answerMs: number;
}

async function sendOnce(request: S3Request, sending: Sending): Promise<S3Response> {
  const { request: send } = await import('undici');
  const { settings, endpoint, dispatcher, now, answerMs } = sending;
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
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
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
