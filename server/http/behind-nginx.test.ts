import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { bodyRoute, exampleRoute } from '../testing/example-routes.ts';
import { connectRaw, statusesIn } from '../testing/raw-socket.ts';
import { startServer, type TestServer } from '../testing/start-server.ts';

const handled: string[] = [];
let server: TestServer;
let nginx: ChildProcess;
let folder = '';
let url = '';

/** As operators set it up: connections to the server are kept and shared by clients, which is what smuggling lives on. */
function configuration(port: number, upstream: string): string {
  return `
    worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log; ${process.getuid?.() === 0 ? 'user root;' : ''}
    events { worker_connections 256; }
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      client_max_body_size 0; ignore_invalid_headers off; underscores_in_headers on;
      upstream waterflow { server ${upstream}; keepalive 4; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://waterflow; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto https;
          proxy_request_buffering off;
        }
      }
    }`;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  // A server on a port has an address of this form.
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

const lines = exampleRoute({
  path: '/v1/lines',
  operation: 'getLines',
  responses: { 200: { description: 'Lines.', content: { 'text/plain': { schema: { type: 'string' } } } } },
  handle: ({ signal }) =>
    Promise.resolve({
      status: 200,
      body: {
        kind: 'stream',
        type: 'text/plain',
        chunks: (async function* () {
          yield 'first\n';
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        })(),
      },
    }),
});

const hasNginx = await needs('nginx');

beforeAll(async () => {
  if (!hasNginx) return;
  folder = await mkdtemp(join(tmpdir(), 'waterflow-nginx-'));
  const thing = exampleRoute({
    handle: (request) => {
      handled.push(request.id);
      return Promise.resolve({ status: 200, body: { kind: 'json', value: { remote: request.remote } } });
    },
  });
  server = await startServer({
    routes: () => [thing, bodyRoute(), lines],
    config: { trustedProxies: ['127.0.0.1'] },
    limits: { bodyBytes: 64 * 1024, requestTimeoutMs: 1000 },
  });
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  await writeFile(join(folder, 'nginx.conf'), configuration(port, new URL(server.url).host));
  nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'], { stdio: 'ignore' });
  // It refuses connections until it listens.
  await vi.waitFor(() => fetch(`${url}/v1/thing`), { timeout: 10_000 });
});

afterAll(async () => {
  if (!hasNginx) return;
  nginx.kill('SIGQUIT');
  await once(nginx, 'exit');
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const head = 'POST /v1/bodies HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n';
const smuggled = 'GET /v1/thing HTTP/1.1\r\nHost: a\r\nX-Request-Id: smuggled\r\n\r\n';
const inChunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;

describe.skipIf(!hasNginx)('behind nginx', () => {
  test.each([
    [
      'a length and chunks',
      `${head}Content-Length: ${smuggled.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a short length and chunks', `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n${inChunk}`],
    ['two lengths', `${head}Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n`],
    ['a space before the colon', `${head}Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
    ['a vertical tab before chunked', `${head}Transfer-Encoding: \vchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
    ['another word with chunked', `${head}Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
    [
      'two encodings',
      `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    ],
    ['an underscore for the dash', `${head}Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
    ['a carriage return in a header', `${head}X: a\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
    ['a folded header', `${head}X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
    ['a bare line feed', `${head}X: a\nTransfer-Encoding: chunked\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
    ['a chunk extension with a line feed', `${head}Transfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\n`],
    ['a chunk size with 0x', `${head}Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n`],
    ['HTTP/1.0 with chunks', `${head.replace('1.1', '1.0')}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a body of a GET', `GET /v1/thing HTTP/1.1\r\nHost: a\r\nContent-Length: ${smuggled.length}\r\n\r\n`],
  ])('nobody gets the answer to a request that was smuggled in by %s', async (_, request) => {
    handled.length = 0;
    using attacker = await connectRaw(url);
    // The attack ends with a request of which nginx may know nothing; behind it comes that of another client.
    attacker.write(`${request}${smuggled.replace('smuggled', 'pipelined')}`);
    await attacker.until('HTTP/1.1 ');
    for (const id of ['victim-1', 'victim-2', 'victim-3', 'victim-4']) {
      const answer = await fetch(`${url}/v1/thing`, { headers: { 'X-Request-Id': id } });
      expect([answer.status, answer.headers.get('x-request-id')]).toEqual([200, id]);
    }
    expect(handled.filter((id) => id === 'smuggled')).toEqual([]);
    // One that nginx itself read as the next request is nobody's secret.
    expect(handled.filter((id) => id.startsWith('victim-'))).toEqual(['victim-1', 'victim-2', 'victim-3', 'victim-4']);
  });

  test("the client's address is the one that nginx saw, whatever the client claims", async () => {
    const answer = await fetch(`${url}/v1/thing`, { headers: { 'X-Forwarded-For': '198.51.100.7' } });
    expect(await answer.json()).toEqual({ remote: '198.51.100.7' });
    const direct = await fetch(`${url}/v1/thing`);
    expect(await direct.json()).toEqual({ remote: '127.0.0.1' });
    expect(direct.headers.get('strict-transport-security')).toBe('max-age=31536000');
  });

  test('a body that is too large is 413 for the client, too', async () => {
    const answer = await fetch(`${url}/v1/bodies`, {
      method: 'POST',
      body: 'x'.repeat(1024 * 1024),
      headers: { 'Content-Type': 'text/plain' },
    });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  test('a body that comes too slowly is 408', async () => {
    using connection = await connectRaw(url);
    connection.write(`${head}Content-Length: 10\r\n\r\nhalf`);
    expect(statusesIn(await connection.until('TIMEOUT'))).toEqual([408]);
  });

  test('a line of a stream comes as soon as it is written', async () => {
    const follower = new AbortController();
    const answer = await fetch(`${url}/v1/lines`, { signal: follower.signal });
    const part = await answer.body!.getReader().read();
    expect(new TextDecoder().decode(part.value)).toBe('first\n');
    follower.abort();
  });
});
