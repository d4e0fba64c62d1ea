import { describe, expect, test } from 'vitest';
import { bodyRoute, exampleRoute } from '../testing/example-routes.ts';
import { connectRaw, sendRaw, statusesIn } from '../testing/raw-socket.ts';
import { startServer, type TestServer } from '../testing/start-server.ts';

/** Handled requests, by what they brought. */
async function recordingServer(): Promise<TestServer & { readonly handled: string[] }> {
  const handled: string[] = [];
  const server = await startServer({
    routes: () => [
      exampleRoute({
        handle: (request) => {
          handled.push(request.id);
          return Promise.resolve({ status: 200, body: { kind: 'json', value: {} } });
        },
      }),
      bodyRoute(),
    ],
  });
  return Object.assign(server, { handled });
}

const smuggled = 'GET /v1/thing HTTP/1.1\r\nHost: a\r\nX-Request-Id: smuggled\r\n\r\n';
const post = 'POST /v1/bodies HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n';

describe('a request that two servers may read in two ways is refused, and nothing after it is read', () => {
  test.each([
    ['a length and chunks', `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['chunks and a length', `${post}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n`],
    ['two lengths', `${post}Content-Length: 0\r\nContent-Length: 6\r\n\r\n`],
    ['two equal lengths', `${post}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`],
    ['a list of lengths', `${post}Content-Length: 0, 6\r\n\r\n`],
    ['a signed length', `${post}Content-Length: +0\r\n\r\n`],
    ['a length in hexadecimal', `${post}Content-Length: 0x6\r\n\r\n`],
    ['an encoding that is not chunked', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['chunks that are not last', `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ['two encodings', `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
    ['a space before the colon', `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a tab in the name', `${post}Transfer-\tEncoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a folded header', `${post}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
    ['a carriage return in a header', `${post}X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a NUL in a header', `${post}X: a\0b\r\nContent-Length: 0\r\n\r\n`],
    ['a chunk size that is none', `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
    ['a chunk size beyond all bounds', `${post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n`],
    ['a chunk longer than its size', `${post}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n`],
    ['a chunk size with 0x', `${post}Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n`],
    ['a bare line feed after a chunk size', `${post}Transfer-Encoding: chunked\r\n\r\n0\n\r\n`],
    ['two hosts', 'GET /v1/thing HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['no host', 'GET /v1/thing HTTP/1.1\r\n\r\n'],
    [
      'chunks in HTTP/1.0',
      'POST /v1/bodies HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['another protocol', 'GET /v1/thing HTTP/3.0\r\nHost: a\r\n\r\n'],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['a target that is none', 'GET v1/thing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
  ])('%s', async (_, request) => {
    await using server = await recordingServer();
    const answer = await sendRaw(server.url, `${request}${smuggled}`);
    expect(statusesIn(answer)).toEqual([400]);
    expect(answer).toContain('\r\nConnection: close\r\n');
    expect(answer).toContain('application/problem+json');
    expect(server.handled).toEqual([]);
  });
});

test('requests in a row are answered in their order', async () => {
  await using server = await recordingServer();
  const request = (id: string, more = ''): string =>
    `GET /v1/thing HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${id}\r\n${more}\r\n`;
  const answer = await sendRaw(server.url, request('one') + request('two') + request('three', 'Connection: close\r\n'));
  expect(statusesIn(answer)).toEqual([200, 200, 200]);
  expect([...answer.matchAll(/X-Request-Id: (\w+)/giu)].map(([, id]) => id)).toEqual(['one', 'two', 'three']);
});

test('a whole URL as the target is that path', async () => {
  await using server = await recordingServer();
  const answer = await sendRaw(
    server.url,
    'GET http://elsewhere.example.com/v1/thing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  );
  expect(statusesIn(answer)).toEqual([200]);
});

test('headers beyond 16 KiB are 431', async () => {
  await using server = await recordingServer();
  const answer = await sendRaw(server.url, `GET /v1/thing HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
  expect(statusesIn(answer)).toEqual([431]);
  expect(server.handled).toEqual([]);
});

test('many small headers are 431, too', async () => {
  await using server = await recordingServer();
  const headers = Array.from({ length: 3000 }, (_, index) => `x${index}: 1\r\n`).join('');
  expect(statusesIn(await sendRaw(server.url, `GET /v1/thing HTTP/1.1\r\nHost: a\r\n${headers}\r\n`))).toEqual([431]);
});

test('the last of many headers counts as much as the first', async () => {
  await using server = await recordingServer();
  const headers = 'a:\r\n'.repeat(3500);
  const answer = await sendRaw(server.url, `GET /v1/thing HTTP/1.1\r\nHost: a\r\n${headers}Host: b\r\n\r\n`);
  expect(statusesIn(answer)).toEqual([400]);
});

test('headers that do not come are 408', async () => {
  await using server = await startServer({ routes: () => [exampleRoute()], limits: { headersTimeoutMs: 200 } });
  const answer = await sendRaw(server.url, 'GET /v1/thing HTTP/1.1\r\nHost: a\r\nX-Slow: ');
  expect(statusesIn(answer)).toEqual([408]);
  expect(answer).toContain('"code":"TIMEOUT"');
});

test('headers that come drop by drop are 408, too', async () => {
  await using server = await startServer({ routes: () => [exampleRoute()], limits: { headersTimeoutMs: 300 } });
  using connection = await connectRaw(server.url);
  connection.write('GET /v1/thing HTTP/1.1\r\nHost: a\r\n');
  const drip = setInterval(() => connection.write('X: 1\r\n'), 20);
  const answer = await connection.ended();
  clearInterval(drip);
  expect(statusesIn(answer)).toEqual([408]);
});

test.each([
  ['nothing', ''],
  ['half a line', 'GET /v1/th'],
])('a connection on which %s comes is closed', async (_, text) => {
  await using server = await startServer({ routes: () => [exampleRoute()], limits: { headersTimeoutMs: 200 } });
  using connection = await connectRaw(server.url);
  if (text !== '') connection.write(text);
  expect(await connection.ended()).not.toContain(' 200 ');
});

test.each(['gzip, chunked', 'chunked, chunked', 'identity, chunked'])(
  'a body in chunks that is %s is 400',
  async (coding) => {
    await using server = await recordingServer();
    const body = '5\r\nabcde\r\n0\r\n\r\n';
    expect(statusesIn(await sendRaw(server.url, `${post}Transfer-Encoding: ${coding}\r\n\r\n${body}`))).toEqual([400]);
  },
);

test('what a client expects beyond leave to send is 417', async () => {
  await using server = await recordingServer();
  const head = 'GET /v1/thing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n';
  expect(statusesIn(await sendRaw(server.url, `${head}Expect: a-miracle\r\n\r\n`))).toEqual([417]);
});

test('a client that breaks off in the midst of a body is nobody to answer, and no error', async () => {
  await using server = await recordingServer();
  const connection = await connectRaw(server.url);
  connection.write(`${post}Content-Length: 100\r\nX-Request-Id: broken-off\r\n\r\nhalf`);
  connection.socket.end();
  await connection.ended();
  expect(server.logged.filter(({ level }) => level === 'error')).toEqual([]);
});
