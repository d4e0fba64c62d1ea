import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { assertNever, type JsonObject } from '../../../../schemas/index.ts';
import type { Authorized } from '../../../grants/api.ts';
import { apiVersions } from '../wire/client.ts';
import { Asking, type SocketContext } from './asking.ts';
import { readJsonBody } from './json.ts';
import type { OpenRequest, RequestRecorder } from './recorder.ts';
import { denied, malformed, Refusal, toldFailure } from './refusal.ts';
import type { Joined, Reply } from './route.ts';
import { findRoute } from './routes.ts';
import { readTarget } from './target.ts';

/** What serving needs. */
export interface Serving {
  readonly context: Omit<SocketContext, 'asking'>;
  /** Of the exec, whose grant holds for each request. */
  readonly exec: Pick<Authorized, 'implied'>;
  readonly recorder: RequestRecorder;
}

/** The server, not listening yet. */
export interface SocketServer {
  readonly server: Server;
  /** Closes every connection, those that were taken over too; resolves when nothing is being carried out any more. */
  readonly close: () => Promise<void>;
}

const bodyLimitBytes: number = 1024 * 1024;
/** Of a request that asks for the connection itself: what it says is short. */
const joinBodyLimitBytes: number = 64 * 1024;
const headerLimitBytes: number = 32 * 1024;
const mostConnections = 64;
const headersTimeoutMs = 30_000;
/** Of a whole request: a context may be large. The end of the exec bounds it too. */
const requestTimeoutMs = 3_600_000;
/** Of a request that is refused while it is sent. */
const lingerBytes: number = 64 * 1024 * 1024;
const lingerMs = 5000;

/**
 * Speaks as much of the Engine API as grants have words for. Nothing that comes in goes on to the daemon: each request is read, asked
 * about, and made anew.
 */
export function createSocketServer(serving: Serving): SocketServer {
  const { recorder } = serving;
  const connections = new Set<Socket>();
  const running = new Set<Promise<void>>();
  const track = (work: Promise<void>): void => {
    // It answers its failures itself; where even that fails, the connection is gone.
    const settled = work.catch(() => undefined).finally(() => running.delete(settled));
    running.add(settled);
  };
  const options = {
    maxHeaderSize: headerLimitBytes,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    insecureHTTPParser: false,
  };
  const server = createServer(options, (incoming, response) => {
    track(serve({ incoming, response }, serving));
  });
  server.maxConnections = mostConnections;
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  server.on('upgrade', (incoming, client: Duplex, head: Buffer) => {
    client.on('error', () => client.destroy());
    track(join({ incoming, client, head }, serving));
  });
  server.on('clientError', (cause, client) => {
    // One that went away has not asked for anything; one that was refused has its answer.
    if (refused.has(client) || !('code' in cause) || !String(cause.code).startsWith('HPE_')) {
      client.destroy();
      return;
    }
    const request = recorder.begin('a request that is no HTTP/1.1');
    request.failed(400);
    client.end(rawAnswer(400, 'the request can not be read: it is no HTTP/1.1'));
  });
  return {
    server,
    close: async () => {
      server.close();
      for (const connection of connections) connection.destroy();
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}

/** Connections that end with the answer that they have. */
const refused = new WeakSet<Duplex>();

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
}

async function serve({ incoming, response }: Exchange, serving: Serving): Promise<void> {
  const { context, recorder } = serving;
  const request = recorder.begin(lineOf(incoming));
  const { socket } = incoming;
  try {
    const method = readMethod(incoming);
    const target = readTarget(incoming.url ?? '');
    const { route, params } = findRoute('answer', method, target);
    const json = route.body === 'stream' ? {} : await readBody(incoming, route.body);
    const reply = await route.answer(contextOf(request, serving), { params, query: target.query, json, incoming });
    request.allowed();
    await send(reply, response);
    request.ended();
  } catch (cause) {
    const { status, message } = settle(cause, request, context);
    if (response.headersSent || response.destroyed) return void response.destroy();
    // After this answer there is none.
    refused.add(socket);
    const body = Buffer.from(JSON.stringify({ message }));
    const headers = { 'content-type': 'application/json', 'content-length': body.length, connection: 'close' };
    response.writeHead(status, { ...plainHeaders, ...headers });
    // All of the answer is there; to end it is to close the connection, whatever the client is still sending.
    response.write(body);
    void lingering(incoming).finally(() => response.end(() => socket.destroySoon()));
  }
}

/**
 * Reads what is left of a refused request, for a while, and throws it away: a client that is still sending would be told that the connection
 * broke instead of why.
 */
async function lingering(incoming: IncomingMessage): Promise<void> {
  let rest = lingerBytes;
  const signal = AbortSignal.timeout(lingerMs);
  incoming.on('data', (chunk: Buffer) => {
    rest -= chunk.length;
    if (rest < 0) incoming.destroy();
  });
  // One that is broken off has nothing left either.
  await finished(incoming, { signal }).catch(() => undefined);
}

/** What one request is carried out with: it is on record as a call within the exec, and so is what it asks for. */
function contextOf(request: OpenRequest, { context, exec }: Serving): SocketContext {
  const audit = { ...context.scope.audit, note: request.note };
  return { ...context, scope: { ...context.scope, audit }, asking: new Asking(exec, request) };
}

/** Counts and records it, and says how it is answered. */
function settle(
  cause: unknown,
  request: OpenRequest,
  { scope, over }: Serving['context'],
): { readonly status: number; readonly message: string } {
  const told = toldFailure(cause);
  if (told?.denial !== undefined) request.denied(told.denial);
  else request.failed(told?.status ?? 500);
  if (told !== undefined) return told;
  // A client that went away, or the end of the exec, is no fault of the agent's.
  if (!over.aborted && !(cause instanceof Error && 'code' in cause)) {
    scope.log('log', `docker: ${cause instanceof Error ? cause.message : String(cause)}\n`);
  }
  return { status: 500, message: 'the agent could not carry the request out' };
}

function lineOf({ method, url }: IncomingMessage): string {
  return `${method ?? ''} ${(url ?? '').replace(/\?.*$/su, '')}`;
}

/** Headers that say what the request is, or how long; each may come once. */
const singleHeaders: readonly string[] = ['host', 'content-length', 'transfer-encoding', 'content-type', 'upgrade'];

/** Throws where two readers could read the request differently. Returns its method. */
function readMethod({ method = '', rawHeaders, httpVersion, headers }: IncomingMessage): string {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') throw malformed(`it is of HTTP ${httpVersion}`);
  const names = rawHeaders.filter((_text, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const twice = singleHeaders.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) throw malformed(`it has the header \`${twice}\` twice`);
  if (names.some((name) => /method-?override/u.test(name))) throw malformed('it wants to be of another method');
  const { 'transfer-encoding': coding, 'content-length': length } = headers;
  if (coding !== undefined && (coding !== 'chunked' || length !== undefined)) {
    throw malformed('it does not say clearly how long it is');
  }
  return method;
}

async function readBody(incoming: IncomingMessage, kind: 'none' | 'json'): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  let length = 0;
  // A request without an encoding gives buffers. Its end would be that of the connection, and of the answer.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bodyLimitBytes) throw new Refusal(413, `the body has more than ${bodyLimitBytes} bytes`);
    chunks.push(chunk);
  }
  return bodyOf(Buffer.concat(chunks), kind);
}

function bodyOf(bytes: Buffer, kind: 'none' | 'json'): JsonObject {
  const text = bytes.toString().trim();
  if (text === '' || text === 'null') return {};
  if (kind === 'none') throw malformed('it has a body, where none belongs');
  return readJsonBody(bytes);
}

const plainHeaders: Readonly<Record<string, string>> = {
  server: 'Docker/waterflow (linux)',
  'api-version': apiVersions.oldest,
  ostype: 'linux',
  'docker-experimental': 'false',
};

async function send(reply: Reply, response: ServerResponse): Promise<void> {
  switch (reply.kind) {
    case 'empty':
      response.writeHead(reply.status, plainHeaders).end();
      return;
    case 'text':
      response.writeHead(200, { ...plainHeaders, 'content-type': 'text/plain; charset=utf-8' }).end(reply.text);
      return;
    case 'json':
      response.writeHead(reply.status, { ...plainHeaders, 'content-type': 'application/json' });
      response.end(JSON.stringify(reply.value));
      return;
    case 'stream':
      response.writeHead(200, { ...plainHeaders, 'content-type': reply.type });
      response.flushHeaders();
      // A client may leave whenever it likes; then the daemon's answer is closed too.
      await pipeline(reply.source, response).catch(() => undefined);
      return;
    default:
      assertNever(reply);
  }
}

interface Upgrade {
  readonly incoming: IncomingMessage;
  readonly client: Duplex;
  readonly head: Buffer;
}

async function join({ incoming, client, head }: Upgrade, serving: Serving): Promise<void> {
  const { context, recorder } = serving;
  const request = recorder.begin(lineOf(incoming));
  let joined: Joined;
  try {
    const method = readMethod(incoming);
    const target = readTarget(incoming.url ?? '');
    if (incoming.headers.upgrade !== 'tcp') {
      throw denied('the request wants another protocol', 'Only programs in containers are attached to, by `tcp`.');
    }
    const { route, params } = findRoute('join', method, target);
    const json = await bodyOfUpgrade({ incoming, client, head });
    joined = await route.join(contextOf(request, serving), { params, query: target.query, json });
    request.allowed();
  } catch (cause) {
    const { status, message } = settle(cause, request, context);
    return void client.end(rawAnswer(status, message));
  }
  await bridge(client, joined);
  request.ended();
}

/** Node hands over what follows the headers; the body is the first of it. */
async function bodyOfUpgrade({ incoming, client, head }: Upgrade): Promise<JsonObject> {
  if (incoming.headers['transfer-encoding'] !== undefined) throw malformed('it has a body of unknown length');
  const length = Number(incoming.headers['content-length'] ?? 0);
  if (!Number.isSafeInteger(length) || length < 0 || length > joinBodyLimitBytes) {
    throw new Refusal(413, `the body has more than ${joinBodyLimitBytes} bytes`);
  }
  if (head.length > 0) client.unshift(head);
  const chunks: Buffer[] = [];
  let rest = length;
  while (rest > 0) {
    // Of a socket without an encoding; null where there is nothing yet.
    const chunk = client.read() as Buffer | null;
    if (chunk === null) {
      if (client.readableEnded || client.destroyed) throw malformed('its body ends too early');
      await nextReadable(client);
      continue;
    }
    const taken = chunk.subarray(0, rest);
    if (taken.length < chunk.length) client.unshift(chunk.subarray(taken.length));
    chunks.push(taken);
    rest -= taken.length;
  }
  return bodyOf(Buffer.concat(chunks), 'json');
}

function nextReadable(client: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['readable', 'end', 'close']) client.off(event, done);
      resolve();
    };
    for (const event of ['readable', 'end', 'close']) client.once(event, done);
  });
}

/** Copies between the client and the streams of one program, until both ends have had all. */
async function bridge(client: Duplex, { daemon, stdin }: Joined): Promise<void> {
  const head = ['HTTP/1.1 101 UPGRADED', 'Content-Type: application/vnd.docker.raw-stream'];
  client.write([...head, 'Connection: Upgrade', 'Upgrade: tcp', '', ''].join('\r\n'));
  // One that isn't to be heard is read all the same, so that its end is seen.
  if (stdin === 'open') client.pipe(daemon);
  else client.resume();
  client.once('close', () => daemon.destroy());
  await pipeline(daemon, client).catch(() => undefined);
  daemon.destroy();
}

/** Where Node has no response object: a whole answer, and the end of the connection. */
function rawAnswer(status: number, message: string): string {
  const body = JSON.stringify({ message });
  const head = [`HTTP/1.1 ${status} Refused`, 'Content-Type: application/json'];
  return [...head, `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', '', body].join('\r\n');
}
