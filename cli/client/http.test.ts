import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import { apiPath, createClient } from './http.ts';
import { type SseEvent, sseEvents } from '../../clients/typescript/sse.ts';
import type { ServerTarget } from './target.ts';

/** A real server with these answers, and what it was asked. */
async function serverWith(
  listener: RequestListener,
): Promise<{ readonly target: ServerTarget; readonly asked: readonly IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { target: { url: new URL(`http://127.0.0.1:${port}/`), apiKey: 'the-key', words: [] }, asked };
}

async function refusalOf(promise: Promise<unknown>): Promise<WaterflowError | undefined> {
  return await promise.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof WaterflowFailure) return error.error;
      throw error;
    },
  );
}

describe('a client of the server', () => {
  it('sends what it is given, with its key', async () => {
    const { target, asked } = await serverWith((_, response) => response.end('{"id":"x"}'));
    expect(await createClient(target).ask({ path: 'v1/things', query: { a: 'b c', none: undefined } })).toEqual({
      id: 'x',
    });
    expect(asked[0]).toMatchObject({
      url: '/v1/things?a=b+c',
      headers: { authorization: 'Bearer the-key', accept: 'application/json' },
    });
  });

  it('gives what is wrong as the server says it, with every diagnostic', async () => {
    const { target } = await serverWith((_, response) => {
      response.writeHead(422, { 'content-type': 'application/problem+json' });
      const one = {
        code: 'UNKNOWN_KEY',
        message: 'no such key',
        remedy: 'remove it',
        line: 3,
        column: 5,
        severity: 'error',
      };
      response.end(
        JSON.stringify({ status: 422, code: 'UNKNOWN_KEY', detail: 'one problem', remedy: 'r', errors: [one] }),
      );
    });
    const answer = await createClient(target).send({ path: 'v1/workflows', method: 'POST', body: {} });
    expect(answer).toMatchObject({
      ok: false,
      status: 422,
      error: { code: 'UNKNOWN_KEY', message: 'one problem' },
      diagnostics: [{ code: 'UNKNOWN_KEY', line: 3, column: 5, severity: 'error' }],
    });
  });

  it('takes the key to nobody to whom a server sends it on', async () => {
    const elsewhere = await serverWith((_, response) => response.end('{}'));
    const { target } = await serverWith((_, response) =>
      response.writeHead(307, { location: elsewhere.target.url.href }).end(),
    );
    expect(await refusalOf(createClient(target).ask({ path: 'v1/x' }))).toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      message: expect.stringContaining(elsewhere.target.url.href),
    });
    expect(elsewhere.asked).toEqual([]);
  });

  it.each([
    ['a page of something else', 200, '<html>'],
    ['an error of something else', 502, '<html>Bad Gateway</html>'],
    ['an answer that ends early', 200, '{"a":'],
  ])('knows %s for no answer', async (_name, status, body) => {
    const { target } = await serverWith((_, response) => response.writeHead(status).end(body));
    expect(await refusalOf(createClient(target).ask({ path: 'v1/x' }))).toMatchObject({ code: 'SERVER_UNAVAILABLE' });
  });

  it('says why nobody answers', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const target = { url: new URL(`http://127.0.0.1:${port}/`), words: [] };
    expect(await refusalOf(createClient(target).ask({ path: 'v1/x' }))).toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('says how to give a key where there is none that is good', async () => {
    const { target } = await serverWith((_, response) =>
      response.writeHead(401).end('{"code":"UNAUTHENTICATED","detail":"no key","remedy":"Send a header"}'),
    );
    expect(await refusalOf(createClient(target).ask({ path: 'v1/x' }))).toEqual({
      code: 'UNAUTHENTICATED',
      message: 'no key',
      remedy: expect.stringContaining('WATERFLOW_API_KEY'),
    });
  });

  it('has a code for what a newer server says', async () => {
    const { target } = await serverWith((_, response) =>
      response.writeHead(400).end('{"code":"SOMETHING_NEW","detail":"new","remedy":"update"}'),
    );
    expect(await refusalOf(createClient(target).ask({ path: 'v1/x' }))).toEqual({
      code: 'SERVER_UNAVAILABLE',
      message: 'new',
      remedy: 'update',
    });
  });

  it.each([
    ['run/../../keys', 'v1/workflows/run%2F..%2F..%2Fkeys/cancel'],
    ['..', 'v1/workflows/%252E%252E/cancel'],
    ['a?b#c', 'v1/workflows/a%3Fb%23c/cancel'],
  ])('lets %s lead nowhere else', (part, path) => {
    expect(apiPath`v1/workflows/${part}/cancel`).toBe(path);
    expect(new URL(path, 'http://127.0.0.1/').pathname).toBe(`/${path}`);
  });
});

describe('a stream of events', () => {
  const eventsOf = async (chunks: readonly string[]) => {
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (const chunk of chunks) yield Buffer.from(chunk);
    }
    const events: SseEvent[] = [];
    for await (const event of sseEvents(bytes())) events.push(event);
    return events;
  };

  it('is read as the standard says, wherever it is cut', async () => {
    const text = ': hello\nretry: 2000\n\nid: 1\ndata: {"a":1}\n\nevent: end\r\ndata: x\r\ndata:y\r\n\r\ndata: cut off';
    const expected = [
      { event: 'message', data: '{"a":1}', id: '1' },
      { event: 'end', data: 'x\ny', id: '1' },
    ];
    expect(await eventsOf([text])).toEqual(expected);
    expect(await eventsOf(text.split(''))).toEqual(expected);
  });
});
