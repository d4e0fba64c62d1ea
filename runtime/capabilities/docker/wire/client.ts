import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { type AbsolutePath, isJsonObject, type Json } from '../../../../schemas/index.ts';
import { chunksOf, EngineError } from './errors.ts';

/** A request to the daemon. Paths and queries are put together by the callers, from values that they escaped. */
export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'HEAD';
  /** Without the version: `/containers/json`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: Json;
  /** A tar archive; for builds. */
  readonly archive?: Readable;
  readonly headers?: Readonly<Record<string, string>>;
  /** Until the daemon begins to answer; default a minute. */
  readonly timeout_ms?: number;
  readonly signal?: AbortSignal;
}

/** A daemon, over its socket. Methods throw EngineError for what it refuses and for what makes no sense. */
export interface Engine {
  /** Asks and takes the whole answer; undefined for an empty one. */
  ask(request: EngineRequest): Promise<Json | undefined>;
  /** Asks and takes the answer as it comes; what is not read to its end is destroyed by the caller, which closes the connection. */
  stream(request: EngineRequest): Promise<Readable>;
  /** Asks for the connection itself (attach, exec), which is the caller's then. */
  hijack(request: EngineRequest): Promise<Socket>;
}

/** The oldest version of the Engine API that this speaks (Docker 20.10), and the newest that it was written for. */
export const apiVersions = { oldest: '1.41', newest: '1.47' } as const;

const defaultTimeoutMs = 60_000;
/** Of an answer that is taken whole: a list of all containers of a busy machine is far less. */
const answerLimitBytes: number = 16 * 1024 * 1024;

/** Connects to the daemon and agrees with it on a version. */
export async function connectEngine(socket: AbsolutePath, signal?: AbortSignal): Promise<Engine> {
  const plain = createEngine(socket, '');
  const found = await plain.ask({ method: 'GET', path: '/version', ...(signal === undefined ? {} : { signal }) });
  return createEngine(socket, `/v${agreedVersion(found)}`);
}

/** The newest version that both speak. */
export function agreedVersion(found: Json | undefined): string {
  const { ApiVersion: newest, MinAPIVersion: oldest } = isJsonObject(found) ? found : {};
  const theirs = minorOf(newest);
  const least = minorOf(oldest) ?? 0;
  if (theirs === undefined) throw new EngineError(0, 'what answers at its socket is not a Docker daemon');
  const ours = { oldest: minorOf(apiVersions.oldest) ?? 0, newest: minorOf(apiVersions.newest) ?? 0 };
  const agreed = Math.min(theirs, ours.newest);
  if (agreed < Math.max(least, ours.oldest)) {
    throw new EngineError(
      0,
      `it speaks version 1.${least} to 1.${theirs} of the Engine API, and the agent ${apiVersions.oldest} to ${apiVersions.newest}`,
    );
  }
  return `1.${agreed}`;
}

function minorOf(version: Json | undefined): number | undefined {
  const minor = typeof version === 'string' ? /^1\.([0-9]{1,4})$/u.exec(version)?.[1] : undefined;
  return minor === undefined ? undefined : Number(minor);
}

function createEngine(socket: AbsolutePath, prefix: string): Engine {
  const pathOf = ({ path, query }: EngineRequest): string =>
    `${prefix}${path}${query === undefined ? '' : `?${new URLSearchParams({ ...query }).toString()}`}`;
  const stream = async (request: EngineRequest): Promise<Readable> => {
    // Loaded with the first request: it takes longer than most commands that never ask a daemon.
    const { Client } = await import('undici');
    // A connection for each request: closing it is how a pull or a build is called off.
    const client = new Client('http://docker', {
      connect: { socketPath: socket, timeout: defaultTimeoutMs },
      headersTimeout: request.timeout_ms ?? defaultTimeoutMs,
      // An event stream may be silent for hours; the signal bounds it.
      bodyTimeout: 0,
    });
    try {
      const answer = await client.request({
        method: request.method,
        path: pathOf(request),
        headers: { ...headersOf(request), ...request.headers },
        body: request.json === undefined ? (request.archive ?? null) : JSON.stringify(request.json),
        signal: request.signal ?? null,
      });
      answer.body.once('close', () => void client.destroy());
      if (answer.statusCode >= 200 && answer.statusCode < 300) return answer.body;
      throw new EngineError(answer.statusCode, await messageOf(answer.body, answer.statusCode));
    } catch (cause) {
      await client.destroy();
      throw failureOf(cause, request);
    }
  };
  return {
    stream,
    async ask(request) {
      const body = await stream(request);
      const bytes = await wholeOf(body, answerLimitBytes).catch((cause: unknown) => {
        throw failureOf(cause, request);
      });
      return bytes.length === 0 ? undefined : parseAnswer(bytes.toString());
    },
    hijack: (request) => hijack(socket, pathOf(request), request),
  };
}

function headersOf({ json, archive }: EngineRequest): Record<string, string> {
  if (json !== undefined) return { 'content-type': 'application/json' };
  return archive === undefined ? {} : { 'content-type': 'application/x-tar' };
}

/** By node:http: undici says nothing of the answer to an upgrade that is refused, and here that answer says why. */
async function hijack(socket: AbsolutePath, path: string, request: EngineRequest): Promise<Socket> {
  const { request: httpRequest } = await import('node:http');
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const body = JSON.stringify(request.json ?? {});
  const outgoing = httpRequest({
    socketPath: socket,
    method: request.method,
    path,
    headers: {
      connection: 'Upgrade',
      upgrade: 'tcp',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
    timeout: request.timeout_ms ?? defaultTimeoutMs,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  outgoing.once('upgrade', (_answer, taken: Socket, head) => {
    taken.setTimeout(0);
    // Whoever reads it sees it end; an error before that must not end the agent.
    taken.on('error', () => undefined);
    if (head.length > 0) taken.unshift(head);
    resolve(taken);
  });
  outgoing.once('response', (answer) => {
    const status = answer.statusCode ?? 0;
    messageOf(answer, status).then((message) => reject(new EngineError(status < 400 ? 0 : status, message)), reject);
  });
  outgoing.once('timeout', () => outgoing.destroy(new EngineError(0, silent(request))));
  outgoing.on('error', (cause) => reject(failureOf(cause, request)));
  outgoing.end(body);
  return await promise;
}

async function messageOf(body: Readable, status: number): Promise<string> {
  const text = (await wholeOf(body, answerLimitBytes)).toString();
  const parsed = text === '' ? undefined : parseAnswer(text);
  const message = isJsonObject(parsed) ? parsed['message'] : undefined;
  return typeof message === 'string' ? message : `the daemon answered with status ${status}`;
}

async function wholeOf(body: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunksOf(body)) {
    length += chunk.length;
    if (length > limit) throw new EngineError(0, `the daemon's answer has more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseAnswer(text: string): Json {
  try {
    // JSON.parse gives nothing else.
    return JSON.parse(text) as Json;
  } catch {
    throw new EngineError(0, "the daemon's answer is not JSON");
  }
}

function silent(request: EngineRequest): string {
  return `the daemon did not answer within ${request.timeout_ms ?? defaultTimeoutMs} ms`;
}

function failureOf(cause: unknown, request: EngineRequest): unknown {
  if (cause instanceof EngineError || request.signal?.aborted === true) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return new EngineError(0, silent(request));
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'EACCES') {
    return new EngineError(
      0,
      `the agent can't connect to the Docker daemon (${code})`,
      "Start the daemon, let the agent's user use its socket, or name the socket in the agent's DOCKER_HOST.",
    );
  }
  return code === undefined ? cause : new EngineError(0, `the connection to the Docker daemon broke (${code})`);
}
