import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { bodyRoute, exampleRoute } from '../testing/example-routes.ts';
import { connectRaw, sendRaw, statusesIn } from '../testing/raw-socket.ts';
import { startServer, type TestServer } from '../testing/start-server.ts';

const kib = 1024;

function server(limits: Parameters<typeof startServer>[0]['limits'] = {}): Promise<TestServer> {
  return startServer({ routes: () => [bodyRoute()], limits: { bodyBytes: 64 * kib, ...limits } });
}

function send(
  url: string,
  body: string | Uint8Array<ArrayBuffer> | null,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  return fetch(`${url}/v1/bodies`, { method: 'POST', body, headers });
}

const head = 'POST /v1/bodies HTTP/1.1\r\nHost: a\r\n';

/** A body without a length. */
function chunked(size: number): ReadableStream<Uint8Array> {
  let left = size;
  return new ReadableStream({
    pull: (controller) => {
      const chunk = new Uint8Array(Math.min(left, 16 * kib));
      left -= chunk.length;
      if (chunk.length > 0) controller.enqueue(chunk);
      else controller.close();
    },
  });
}

describe('a body is handed over as its media type says', () => {
  test.each([
    ['application/json', '{"a": [1]}', { a: [1] }],
    ['Application/JSON; charset=UTF-8', '{"a": 1}', { a: 1 }],
    ['application/json', '\uFEFF{"a": 1}', { a: 1 }],
    ['text/plain', 'ü', 'ü'],
    ['text/plain; charset="utf-8"', '', ''],
    ['application/octet-stream', 'four', 4],
    ['application/x-stream', 'four!', 5],
  ])('%s', async (type, body, expected) => {
    await using running = await server();
    const answer = await send(running.url, body, { 'Content-Type': type });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ body: expected });
  });
});

describe('what is no body of the operation is refused', () => {
  test.each([
    [415, 'application/xml', 'a body of type application/xml is not accepted'],
    [415, 'nonsense', 'does not say what its body is'],
    [415, 'application/json; charset=utf-16', 'charset is utf-16'],
  ])('%i for %s', async (status, type, detail) => {
    await using running = await server();
    const answer = await send(running.url, '{}', { 'Content-Type': type });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining(detail) as string });
  });

  test('415 for one that is compressed, which may be a bomb', async () => {
    await using running = await server();
    const answer = await send(running.url, '{}', { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' });
    expect(answer.status).toBe(415);
  });

  test('400 for none, and for what is not UTF-8', async () => {
    await using running = await server();
    const none = await send(running.url, null, {});
    expect(await none.json()).toMatchObject({ status: 400, detail: 'the request has no body' });
    const latin = await send(running.url, new Uint8Array([0x22, 0xfc, 0x22]), { 'Content-Type': 'application/json' });
    expect(await latin.json()).toMatchObject({ status: 400, detail: 'the body is not UTF-8' });
  });

  test('400 where the operation takes none', async () => {
    await using running = await startServer({ routes: () => [exampleRoute({ method: 'POST' })] });
    const refused = await fetch(`${running.url}/v1/thing`, { method: 'POST', body: '{}' });
    expect(await refused.json()).toMatchObject({ status: 400, detail: 'this operation takes no body' });
    const empty = await fetch(`${running.url}/v1/thing`, { method: 'POST' });
    expect(empty.status).toBe(200);
  });

  test('400 for a list of everything that is wrong with it', async () => {
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' }, count: { type: 'integer', minimum: 1 } },
      required: ['name'],
      additionalProperties: false,
    };
    const route = bodyRoute({ content: { 'application/json': { as: 'json', schema } } });
    await using running = await startServer({ routes: () => [route] });
    const answer = await send(running.url, '{"nam": "x", "count": 0}', { 'Content-Type': 'application/json' });
    expect(await answer.json()).toMatchObject({
      status: 400,
      code: 'INVALID_INPUT',
      errors: [
        { code: 'MISSING_KEY', message: '`name` is missing' },
        { code: 'UNKNOWN_KEY', message: 'unknown key `nam`', remedy: 'Did you mean `name`?' },
        { code: 'INVALID_VALUE', message: '`count` must be >= 1' },
      ],
    });
  });

  test('400 with one problem where a large body is wrong everywhere', async () => {
    const schema = { type: 'array', items: { type: 'string' } };
    const route = bodyRoute({ content: { 'application/json': { as: 'json', schema } } });
    await using running = await startServer({ routes: () => [route] });
    const body = JSON.stringify(Array.from({ length: 40_000 }, (_, index) => index));
    const answer = await send(running.url, body, { 'Content-Type': 'application/json' });
    expect(await answer.json()).toMatchObject({ status: 400, errors: [{ code: 'WRONG_TYPE' }] });
  });
});

describe('a body beyond the limit is 413', () => {
  test('before any of it is sent, where it says its size', async () => {
    await using running = await server();
    using connection = await connectRaw(running.url);
    connection.write(`${head}Content-Type: text/plain\r\nContent-Length: ${64 * kib + 1}\r\n\r\n`);
    const answer = await connection.until('BODY_TOO_LARGE');
    expect(statusesIn(answer)).toEqual([413]);
    expect(answer).toContain('\r\nConnection: close\r\n');
  });

  test.each(['text/plain', 'application/octet-stream', 'application/x-stream', 'application/json'])(
    'before much more than the limit was read, where it comes in chunks of %s without an end',
    async (type) => {
      await using running = await server();
      using connection = await connectRaw(running.url);
      connection.write(`${head}Content-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`);
      const chunk = `4000\r\n${'x'.repeat(16 * kib)}\r\n`;
      let sent = 0;
      const sending = setInterval(() => {
        if (connection.socket.writableNeedDrain) return;
        connection.write(chunk);
        sent += 16 * kib;
      }, 1);
      const answer = await connection.until('BODY_TOO_LARGE');
      await connection.ended();
      clearInterval(sending);
      expect(statusesIn(answer)).toEqual([413]);
      // What is in flight when the answer goes out is taken off the connection, up to a bound.
      expect(sent).toBeLessThan(8 * 1024 * kib);
    },
  );

  test('and a client that sends all of it before it reads gets the answer', async () => {
    await using running = await server();
    const whole = await send(running.url, 'x'.repeat(500 * kib), { 'Content-Type': 'text/plain' });
    expect(whole.status).toBe(413);
    using large = await connectRaw(running.url);
    large.socket.pause();
    const [bytes, part] = [16 * 1024 * kib, 'x'.repeat(1024 * kib)];
    large.write(`${head}Content-Type: text/plain\r\nContent-Length: ${bytes}\r\n\r\n`);
    for (let sent = 0; sent < bytes; sent += part.length) {
      if (!large.socket.write(part)) await once(large.socket, 'drain');
    }
    large.socket.resume();
    expect(statusesIn(await large.ended())).toEqual([413]);
    const streamed = await fetch(`${running.url}/v1/bodies`, {
      method: 'POST',
      body: chunked(500 * kib),
      headers: { 'Content-Type': 'text/plain' },
      duplex: 'half',
    });
    expect(streamed.status).toBe(413);
  });

  test('and one of just the limit is taken', async () => {
    await using running = await server();
    const answer = await send(running.url, 'x'.repeat(64 * kib), { 'Content-Type': 'application/octet-stream' });
    expect(await answer.json()).toMatchObject({ body: 64 * kib });
  });

  test("and the route's own limit goes before the server's", async () => {
    await using running = await startServer({ routes: () => [bodyRoute({ bytes: 10 })] });
    const answer = await send(running.url, 'x'.repeat(11), { 'Content-Type': 'text/plain' });
    expect(await answer.json()).toMatchObject({ status: 413, detail: 'the body is larger than 10B' });
  });
});

describe('a body that does not come in time is 408', () => {
  test.each(['text/plain', 'application/x-stream'])('%s that stops in the midst', async (type) => {
    await using running = await server({ requestTimeoutMs: 150 });
    const answer = await sendRaw(running.url, `${head}Content-Type: ${type}\r\nContent-Length: 10\r\n\r\nhalf`);
    expect(statusesIn(answer)).toEqual([408]);
    expect(answer).toContain('"code":"TIMEOUT"');
  });

  test.each(['text/plain', 'application/x-stream'])('%s that comes drop by drop', async (type) => {
    await using running = await server({ requestTimeoutMs: 200 });
    using connection = await connectRaw(running.url);
    connection.write(`${head}Content-Type: ${type}\r\nContent-Length: 1000\r\n\r\n`);
    const drip = setInterval(() => connection.write('x'), 20);
    const answer = await connection.until('TIMEOUT');
    clearInterval(drip);
    expect(statusesIn(answer)).toEqual([408]);
  });

  test('but a stream may take as long as it goes on', async () => {
    const requestTimeoutMs = 500;
    const chunks = 60;
    await using running = await startServer({
      routes: () => [bodyRoute({ bytes: 1024 * kib })],
      limits: { requestTimeoutMs },
    });
    using connection = await connectRaw(running.url);
    const length = `Content-Length: ${chunks * 16 * kib}\r\nConnection: close`;
    connection.write(`${head}Content-Type: application/x-stream\r\n${length}\r\n\r\n`);
    const begun = performance.now();
    let left = chunks;
    const sending = setInterval(() => {
      if (left > 0) connection.write('x'.repeat(16 * kib));
      left -= 1;
    }, 20);
    const answer = await connection.ended();
    clearInterval(sending);
    expect(statusesIn(answer)).toEqual([200]);
    expect(performance.now() - begun).toBeGreaterThan(2 * requestTimeoutMs);
  });
});

describe('a client that asks before it sends', () => {
  const asking = `${head}Content-Type: text/plain\r\nExpect: 100-continue\r\n`;

  test('is told to go on where the body is wanted', async () => {
    await using running = await server();
    using connection = await connectRaw(running.url);
    connection.write(`${asking}Content-Length: 2\r\nConnection: close\r\n\r\n`);
    await connection.until('HTTP/1.1 100 Continue');
    connection.write('hi');
    expect(statusesIn(await connection.ended())).toEqual([100, 200]);
  });

  test('is refused at once where it is not', async () => {
    await using running = await server();
    expect(statusesIn(await sendRaw(running.url, `${asking}Content-Length: 999999\r\n\r\n`))).toEqual([413]);
  });
});
