import { expect, test } from 'vitest';
import { exampleRoute } from '../testing/example-routes.ts';
import { connectRaw, statusesIn } from '../testing/raw-socket.ts';
import { startServer } from '../testing/start-server.ts';
import type { ApiRequest, Route } from './route.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** A route whose answers wait for the test, and the requests that came to it. */
function waiting(): { readonly route: Route; readonly requests: ApiRequest[]; readonly answer: () => void } {
  const requests: ApiRequest[] = [];
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const route = exampleRoute({
    handle: async (request) => {
      requests.push(request);
      await answered;
      return { status: 200, body: { kind: 'json', value: { aborted: request.signal.aborted } } };
    },
  });
  return { route, requests, answer: () => answer() };
}

test('a shutdown waits for what is in progress, tells it to end, and takes nothing new', async () => {
  const { route, requests, answer } = waiting();
  const server = await startServer({ routes: () => [route] });
  using connection = await connectRaw(server.url);
  connection.write(get('/v1/thing'));
  await expect.poll(() => requests.length).toBe(1);
  const closed = server.close();
  expect(requests[0]?.signal.aborted).toBe(true);
  await expect(fetch(`${server.url}/v1/thing`)).rejects.toThrow('fetch failed');
  answer();
  const text = await connection.ended();
  expect(statusesIn(text)).toEqual([200]);
  expect(text).toContain('{"aborted":true}');
  expect(text.toLowerCase()).toContain('connection: close');
  await closed;
});

test('idle connections are closed at once', async () => {
  const server = await startServer({ routes: () => [exampleRoute()], limits: { shutdownGraceMs: 60_000 } });
  using connection = await connectRaw(server.url);
  connection.write(get('/v1/thing'));
  await connection.until('{"thing":true}');
  await server.close();
  expect(await connection.ended()).toContain('{"thing":true}');
});

test('a stream that ends when it is told to ends whole', async () => {
  const route = exampleRoute({
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
            yield 'last\n';
          })(),
        },
      }),
  });
  const server = await startServer({ routes: () => [route], limits: { shutdownGraceMs: 60_000 } });
  const answer = await fetch(`${server.url}/v1/thing`);
  const closed = server.close();
  expect(await answer.text()).toBe('first\nlast\n');
  await closed;
});

test('what does not end in time is cut off', async () => {
  const { route, requests } = waiting();
  const server = await startServer({ routes: () => [route], limits: { shutdownGraceMs: 150 } });
  using connection = await connectRaw(server.url);
  connection.write(get('/v1/thing'));
  await expect.poll(() => requests.length).toBe(1);
  const before = performance.now();
  await server.close();
  expect(performance.now() - before).toBeGreaterThan(100);
  expect(await connection.ended()).toBe('');
});

test('a connection on which nothing complete was sent does not hold a shutdown up', async () => {
  const server = await startServer({ routes: () => [exampleRoute()], limits: { shutdownGraceMs: 150 } });
  using connection = await connectRaw(server.url);
  connection.write('GET /v1/thing HTTP/1.1\r\n');
  await server.close();
  expect(await connection.ended()).toBe('');
});
