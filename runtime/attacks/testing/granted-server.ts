import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { posix } from 'node:path';
import { gzipSync } from 'node:zlib';

/** The server that attacks may be granted: it does what a hostile server does, and keeps what it was sent. */
export interface GrantedServer extends AsyncDisposable {
  readonly origin: string;
  /** URLs and bodies that came in; a secret may stand in none of them. Headers are where a grant lets secrets go. */
  received(): string;
  /** Names and values of headers that came in. */
  headers(): string;
  /** What no request may do that was granted `/public/**` of this server: other paths, another host, headers of proxies. */
  trespasses(): readonly string[];
}

/** Methods that no grant gives. */
const forbiddenMethods = new Set(['TRACE', 'TRACK', 'CONNECT']);

const mebibyte = 1024 * 1024;
/** What `/bomb` unpacks to, from a thousandth of it: more than a response may be where nobody says. */
const bombBytes = 2 * mebibyte;

/** Starts it. `/redirect/…` leads to `forbidden` in different ways. */
export async function startGrantedServer(forbidden: string): Promise<GrantedServer> {
  const received: string[] = [];
  const headers: string[] = [];
  const trespasses: string[] = [];
  const bomb = gzipSync(Buffer.alloc(bombBytes, 'x'));
  const server = createServer((request, response) => {
    const { url = '' } = request;
    headers.push(...request.rawHeaders);
    trespasses.push(...trespassesOf(request));
    response.on('error', () => undefined);
    const answer = async (): Promise<void> => {
      received.push(`${url}\n${await bodyOf(request)}`);
      const status = Number(/^\/redirect\/(\d{3})/.exec(url)?.[1]);
      const to = new URL(url, 'http://x').searchParams.get('to') ?? '/';
      if (status > 0) response.writeHead(status, { location: `${forbidden}${to}` }).end();
      else if (url.startsWith('/location')) response.writeHead(302, { location: to }).end();
      else if (url === '/bomb') response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
      else if (url === '/huge') sendForEver(response);
      else if (url === '/headers') response.writeHead(200, { 'x-long': 'x'.repeat(100_000) }).end();
      else if (url === '/echo') response.end(JSON.stringify(request.rawHeaders));
      else if (url !== '/never') response.end('ok');
    };
    void answer();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Listening on TCP.
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    received: () => received.join('\n'),
    headers: () => headers.join('\n'),
    trespasses: () => trespasses,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function trespassesOf({ url = '/', method = '', headers, socket }: IncomingMessage): readonly string[] {
  return [
    ...(placeOf(url).startsWith('/secret') ? [`a request reached ${url}`] : []),
    ...(headers.host?.endsWith(`:${socket.localPort}`) === true ? [] : [`a request names the host ${headers.host}`]),
    // By that name it is another origin than the one that got the header.
    ...(headers.host?.startsWith('localhost') === true && headers['x-token'] !== undefined
      ? ['a request took a header to another origin']
      : []),
    ...(forbiddenMethods.has(method) ? [`a request with ${method}`] : []),
    ...Object.keys(headers)
      .filter((name) => name.startsWith('proxy-') || name === 'x-smuggled' || name === 'upgrade')
      .map((name) => `a request with the header ${name}`),
  ];
}

/** As the least careful server reads a path: decoded twice, with backslashes, without parameters. */
function placeOf(url: string): string {
  const decoded = [0, 1].reduce(
    (text) => {
      try {
        return decodeURIComponent(text);
      } catch {
        return text;
      }
    },
    url.replace(/^https?:\/\/[^/]*/, '').split('?')[0] ?? '',
  );
  return posix.resolve('/', decoded.replaceAll('\\', '/').replaceAll(/;[^/]*/g, ''));
}

function sendForEver(response: NodeJS.WritableStream & { readonly destroyed?: boolean }): void {
  const chunk = Buffer.alloc(mebibyte, 'x');
  const send = (): void => {
    if (response.destroyed !== true) response.write(chunk, () => setImmediate(send));
  };
  send();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    // Node types the chunks of a byte stream as any.
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    // The client went away: what came until then counts.
  }
  return Buffer.concat(chunks).toString();
}
