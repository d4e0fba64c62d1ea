import { describe, expect, test } from 'vitest';
import { WaterflowFailure } from '../../schemas/index.ts';
import { bodyRoute, exampleRoute } from '../testing/example-routes.ts';
import { sendRaw } from '../testing/raw-socket.ts';
import { startServer } from '../testing/start-server.ts';
import type { ApiRequest } from './route.ts';

describe('every answer', () => {
  test.each([
    ['GET', '/v1/thing', 200],
    ['GET', '/v1/nothing', 404],
    ['DELETE', '/v1/thing', 405],
    ['OPTIONS', '/v1/thing', 204],
    ['GET', '/v1/thing?unknown=1', 400],
  ])('of %s %s says how it is to be handled', async (method, path, status) => {
    await using server = await startServer({ routes: () => [exampleRoute()] });
    const answer = await fetch(`${server.url}${path}`, { method });
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/^req_[0-9a-z]{26}$/u) as string,
    });
    for (const absent of ['server', 'x-powered-by', 'access-control-allow-origin', 'strict-transport-security']) {
      expect(answer.headers.get(absent), absent).toBeNull();
    }
  });

  test('also of what is no HTTP', async () => {
    await using server = await startServer({ routes: () => [exampleRoute()] });
    const answer = await sendRaw(server.url, 'nonsense\r\n\r\n');
    expect(answer).toContain('X-Content-Type-Options: nosniff\r\n');
    expect(answer).toMatch(/X-Request-Id: req_[0-9a-z]{26}\r\n/u);
  });
});

describe('methods', () => {
  test('HEAD gives what GET gives, without its body', async () => {
    await using server = await startServer({ routes: () => [exampleRoute()] });
    const [get, head] = await Promise.all(['GET', 'HEAD'].map((method) => fetch(`${server.url}/v1/thing`, { method })));
    expect(head?.status).toBe(200);
    expect(head?.headers.get('content-length')).toBe(String((await get?.text())?.length));
    expect(head?.headers.get('content-type')).toBe('application/json');
    expect(await head?.text()).toBe('');
  });

  test('a method that the path has not is 405 with those that it has', async () => {
    await using server = await startServer({
      routes: () => [exampleRoute(), exampleRoute({ method: 'POST', operation: 'postThing' })],
    });
    for (const method of ['DELETE', 'PUT', 'PATCH', 'PROPFIND']) {
      const answer = await fetch(`${server.url}/v1/thing`, { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST');
      expect(await answer.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED', remedy: expect.any(String) as string });
    }
    const trace = await sendRaw(server.url, 'TRACE /v1/thing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(trace).toContain('HTTP/1.1 405 ');
  });

  test.each([
    ['/v1/thing/', '/v1/thing'],
    ['/v1/thign', '/v1/thing'],
    ['/v1/things/7/partz', '/v1/things/{id}/parts'],
    ['/v1/elsewhere', undefined],
  ])('a path that is not there, as %s, leads to the one that was meant', async (path, meant) => {
    const parts = { path: '/v1/things/{id}/parts', operation: 'getParts', params: { id: { type: 'string' } } } as const;
    await using server = await startServer({ routes: () => [exampleRoute(), exampleRoute(parts)] });
    const answer = await fetch(`${server.url}${path}`);
    const remedy = `${meant === undefined ? '' : `Did you mean \`${meant}\`? `}See /openapi.json for what there is.`;
    expect([answer.status, await answer.json()]).toMatchObject([404, { code: 'NOT_FOUND', remedy }]);
  });

  test('OPTIONS says what there is, and nothing of what there is not', async () => {
    await using server = await startServer({ routes: () => [exampleRoute()] });
    const options = await fetch(`${server.url}/v1/thing`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expect((await fetch(`${server.url}/v1/nothing`, { method: 'OPTIONS' })).status).toBe(404);
    const all = await sendRaw(server.url, 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(all).toContain('HTTP/1.1 204 ');
  });
});

describe('paths', () => {
  const routes = [
    exampleRoute({ path: '/v1/things/{id}', params: { id: { type: 'string' } }, operation: 'getAny', handle: shown }),
    exampleRoute({ path: '/v1/things/next', operation: 'getNext', handle: shown }),
  ];

  function shown({ params }: ApiRequest): ReturnType<ReturnType<typeof exampleRoute>['handle']> {
    return Promise.resolve({ status: 200, body: { kind: 'json', value: { params } } });
  }

  test.each([
    ['/v1/things/a%2Fb', { id: 'a/b' }],
    ['/v1/things/..%2f..%2fetc', { id: '../../etc' }],
    ['/v1/things/%zz', { id: '%zz' }],
    ['/v1/things/next', {}],
    ['/v1/things/next2', { id: 'next2' }],
  ])('%s is taken apart before it is decoded', async (path, params) => {
    await using server = await startServer({ routes: () => routes });
    const answer = await fetch(`${server.url}${path}`);
    expect(await answer.json()).toEqual({ params });
  });

  test.each(['/v1/things/a/', '//v1/things/a', '/V1/things/a', '/v1/thing%73/a', '/v1/things/a/b'])(
    '%s is another path',
    async (path) => {
      await using server = await startServer({ routes: () => routes });
      const answer = await sendRaw(server.url, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(answer).toContain('HTTP/1.1 404 ');
    },
  );
});

describe('request ids', () => {
  test.each(['abc', 'A.b_c-1', 'x'.repeat(128)])("%s is taken as the client's", async (id) => {
    await using server = await startServer({ routes: () => [exampleRoute()] });
    const answer = await fetch(`${server.url}/v1/thing`, { headers: { 'X-Request-Id': id } });
    expect(answer.headers.get('x-request-id')).toBe(id);
  });

  test.each(['', 'a b', 'a\u00e9', 'x'.repeat(129), '{"a":1}', 'a,b'])('%j is replaced', async (id) => {
    await using server = await startServer({ routes: () => [exampleRoute()] });
    const answer = await fetch(`${server.url}/v1/thing`, { headers: { 'X-Request-Id': id } });
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/u);
  });
});

describe('errors', () => {
  test('what nobody thought of is 500, logged with its stack under the id that the answer has', async () => {
    const route = exampleRoute({ handle: () => Promise.reject(new Error('secret detail')) });
    const server = await startServer({ routes: () => [route], production: true });
    const answer = await fetch(`${server.url}/v1/thing`);
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(text).not.toContain('secret detail');
    expect(JSON.parse(text)).toMatchObject({ code: 'INTERNAL', request_id: answer.headers.get('x-request-id') });
    await server.close();
    expect(server.logged).toContainEqual(
      expect.objectContaining({
        level: 'error',
        request_id: answer.headers.get('x-request-id'),
        stack: expect.stringContaining('secret detail') as string,
      }),
    );
  });

  test('a failure of ours has the status of its code, and says what to do', async () => {
    const error = { code: 'RUN_STATE', message: 'it has ended', remedy: 'Rerun it.', line: 3 } as const;
    const route = exampleRoute({
      responses: { 409: { description: 'It has ended.' } },
      handle: () => Promise.reject(new WaterflowFailure(error)),
    });
    await using server = await startServer({ routes: () => [route] });
    const answer = await fetch(`${server.url}/v1/thing`);
    expect(await answer.json()).toEqual({
      type: 'urn:waterflow:error:RUN_STATE',
      title: 'Run state',
      status: 409,
      detail: 'it has ended',
      code: 'RUN_STATE',
      remedy: 'Rerun it.',
      line: 3,
      request_id: answer.headers.get('x-request-id'),
    });
  });
});

describe('in tests, an answer that its route does not declare is found', () => {
  const cases: readonly (readonly [string, Partial<Parameters<typeof exampleRoute>[0] & object>])[] = [
    ['getThing answered 201', { handle: () => Promise.resolve({ status: 201 }) }],
    ['getThing answered 200 without its body', { handle: () => Promise.resolve({ status: 200 }) }],
    [
      'getThing answered 200 with text/plain',
      { handle: () => Promise.resolve({ status: 200, body: { kind: 'text', text: '', type: 'text/plain' } }) },
    ],
    [
      'the answer must be of type object',
      { handle: () => Promise.resolve({ status: 200, body: { kind: 'json', value: [] } }) },
    ],
    [
      'getThing answered 422',
      {
        handle: () => Promise.reject(new WaterflowFailure({ code: 'EMPTY', message: 'it is empty', remedy: 'Fill.' })),
      },
    ],
  ];
  test.each(cases)('%s', async (defect, route) => {
    const server = await startServer({ routes: () => [exampleRoute(route)] });
    await fetch(`${server.url}/v1/thing`);
    expect(server.defects).toEqual([expect.stringContaining(defect)]);
    await expect(server[Symbol.asyncDispose]()).rejects.toThrow(defect);
  });
});

test('each call is told of once it has ended', async () => {
  await using server = await startServer({ routes: () => [bodyRoute(), exampleRoute()] });
  await (await fetch(`${server.url}/v1/thing?secret=1`)).text();
  await (await fetch(`${server.url}/v1/elsewhere`)).text();
  await server.close();
  expect(server.calls).toMatchObject([
    { method: 'GET', route: '/v1/thing', status: 400, by: 'key_test', tenant: 'default', remote: '127.0.0.1' },
    { method: 'GET', route: '(none)', status: 404, by: undefined },
  ]);
});
