import { createServer, type Server as HttpServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CallFailure } from '../../capability.ts';
import { canonicalHost, type Endpoint } from '../../net/endpoint.ts';
import type { Gateway, Upstream } from './gateway.ts';
import { serveSocks, socksFirstByte } from './socks.ts';

/** The first byte must come in that time: the program has nothing to wait for. */
const firstByteTimeoutMs = 60_000;

/** Serves what comes to the proxy's address: SOCKS 5 or HTTP, told apart by the first byte. */
export function createProxy(gateway: Gateway): (client: Socket) => void {
  const http = createHttpProxy(gateway);
  return (client) => {
    client.setTimeout(firstByteTimeoutMs, () => client.destroy());
    client.once('readable', () => {
      // A socket without an encoding gives buffers; null where it ended at once.
      const first = client.read() as Buffer | null;
      client.setTimeout(0);
      if (first === null) {
        client.destroy();
        return;
      }
      client.unshift(first);
      if (first[0] === socksFirstByte) void serveSocks(client, gateway);
      else http.emit('connection', client);
    });
  };
}

/**
 * CONNECT (RFC 9110, 9.3.6) to a granted endpoint, and requests for `http://` addresses, which a program with HTTP_PROXY sends whole
 * (RFC 9112, 3.2.2). The endpoint decides over either; what is asked for there is not looked at.
 */
function createHttpProxy(gateway: Gateway): HttpServer {
  const server = createServer((incoming, response) => {
    forward(incoming, response, gateway).catch((cause: unknown) => answerFailure(response, cause));
  });
  // They would cut off a slow upload; the exec's end bounds them.
  server.requestTimeout = 0;
  server.timeout = 0;
  server.on('connect', (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    tunnel(incoming, { client: client as Socket, head }, gateway).catch((cause: unknown) => {
      client.end(failureText(cause));
    });
  });
  server.on('upgrade', (_incoming, client: Duplex) => {
    client.end(plainAnswer(400, 'An upgrade needs a tunnel: CONNECT.'));
  });
  server.on('clientError', (_cause, client) => {
    client.end(plainAnswer(400, 'This is neither HTTP nor SOCKS 5.'));
  });
  return server;
}

async function tunnel(
  incoming: IncomingMessage,
  { client, head }: { readonly client: Socket; readonly head: Buffer },
  gateway: Gateway,
): Promise<void> {
  const endpoint = endpointOf(incoming.url ?? '');
  if (endpoint === undefined) return void client.end(plainAnswer(400, 'CONNECT takes host:port.'));
  const upstream = await gateway.connect(endpoint);
  client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  gateway.carry(client, upstream, head);
}

/** `host:port`, the host of an IPv6 address in brackets. */
function endpointOf(authority: string): Endpoint | undefined {
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:[\]]*):([0-9]{1,5})$/.exec(authority) ?? [];
  const canonical = canonicalHost(host);
  const number = Number(port);
  return canonical === undefined || number < 1 || number > 65_535 ? undefined : { host: canonical, port: number };
}

const perConnection = [
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
];

async function forward(incoming: IncomingMessage, response: ServerResponse, gateway: Gateway): Promise<void> {
  const text = incoming.url ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:') {
    throw new CallFailure(
      'INVALID_ARGUMENTS',
      'This is a proxy: it takes CONNECT, and requests for http:// addresses.',
    );
  }
  const { host } = incoming.headers;
  if (host !== undefined && endpointText(host) !== endpointText(url.host)) {
    throw new CallFailure('INVALID_ARGUMENTS', 'The Host header and the address of the request differ.');
  }
  const name = url.hostname.replace(/^\[(.*)\]$/u, '$1');
  const upstream = await gateway.connect({ host: name, port: url.port === '' ? 80 : Number(url.port) });
  await exchange({ incoming, response, url }, upstream);
}

function endpointText(host: string): string | undefined {
  return URL.canParse(`http://${host}/`) ? new URL(`http://${host}/`).host : undefined;
}

/** One request over a connection of its own. */
function exchange(
  {
    incoming,
    response,
    url,
  }: { readonly incoming: IncomingMessage; readonly response: ServerResponse; readonly url: URL },
  { socket, charge }: Upstream,
): Promise<void> {
  // Not by a pattern with blanks in it: a program may send a whole header of them.
  const listed = (incoming.headers.connection ?? '').toLowerCase().split(',');
  const named = new Set([...perConnection, ...listed.map((name) => name.trim())]);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const outgoing = request({
    createConnection: () => socket,
    method: incoming.method,
    path: `${url.pathname}${url.search}`,
    headers: { ...keptHeaders(incoming.headers, named), host: url.host, connection: 'close' },
  });
  outgoing.once('error', reject);
  outgoing.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, keptHeaders(answer.headers, new Set(perConnection)));
    answer.on('data', (chunk: Buffer) => charge(chunk.length));
    answer.once('error', reject);
    answer.pipe(response);
  });
  response.once('close', () => {
    socket.destroy();
    resolve();
  });
  incoming.on('data', (chunk: Buffer) => charge(chunk.length));
  incoming.pipe(outgoing);
  return promise;
}

function keptHeaders(
  headers: IncomingMessage['headers'],
  without: ReadonlySet<string>,
): Record<string, string | string[] | undefined> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !without.has(name)));
}

function statusOf(cause: unknown): number {
  if (!(cause instanceof CallFailure)) return 502;
  switch (cause.code) {
    case 'DENIED':
      return 403;
    case 'INVALID_ARGUMENTS':
      return 400;
    case 'TIMEOUT':
      return 504;
    default:
      return 502;
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof CallFailure ? cause.message : 'The connection broke off.';
}

function failureText(cause: unknown): string {
  return plainAnswer(statusOf(cause), messageOf(cause));
}

function answerFailure(response: ServerResponse, cause: unknown): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(statusOf(cause), { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${messageOf(cause)}\n`);
}

function plainAnswer(status: number, message: string): string {
  const body = `${message}\n`;
  const head = [
    `HTTP/1.1 ${status} ${status === 403 ? 'Forbidden' : 'Refused'}`,
    'Content-Type: text/plain; charset=utf-8',
  ];
  return [...head, `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', '', body].join('\r\n');
}
