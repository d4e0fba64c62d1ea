import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startProxy, type TestProxy } from '../../runtime/capabilities/net/testing/proxy.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, type TestAgent, type TestStep } from '../executor/testing/agent.ts';
import { httpPolicy, startHttp, type TestHttp } from './testing/http-world.ts';

const supervisor = sharedSupervisor();
const token = 'correct-horse-battery';
let agent: TestAgent;
let server: TestHttp;
let other: TestHttp;
let proxy: TestProxy;
/** The server's next answers; the last one again and again. */
let answers: ((response: ServerResponse) => void)[];
beforeAll(async () => {
  proxy = await startProxy();
  agent = await createTestAgent({
    supervisor: supervisor(),
    secrets: { TOKEN: token },
    policy: httpPolicy([proxy.name]),
  });
  server = await startHttp((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://x');
    const location = searchParams.get('to');
    if (location !== null) response.writeHead(Number(searchParams.get('status')), { location }).end();
    else ((answers.length > 1 ? answers.shift() : answers[0]) ?? (() => response.end()))(response);
  });
  other = await startHttp((request, response) => response.end(`${request.method} there`));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await agent[Symbol.asyncDispose]();
});
beforeEach(() => {
  server.requests.length = 0;
  other.requests.length = 0;
  proxy.asked.length = 0;
  answers = [status(200, 'ok')];
});

const status =
  (code: number, body = '', headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(code, headers).end(body);
const http = (path: string, inputs: JsonObject = {}, more: Partial<TestStep> = {}) =>
  agent.run({ uses: 'http@v1', with: { url: `${server.url}${path}`, ...inputs }, ...more });

describe('http@v1 asks again', () => {
  it('as often as it may, as long as the server is busy, and as late as that says', async () => {
    const busy = status(503, 'busy', { 'retry-after': '0' });
    answers = [status(429, '', { 'retry-after': '1' }), busy, status(200, '{"n":1}')];
    const { result, log } = await http('/', { retries: 2, method: 'POST', body: 'once' });
    expect(result).toMatchObject({ outcome: 'success', outputs: { attempts: 3, json: { n: 1 } } });
    expect(server.requests.map(({ body }) => body)).toEqual(['once', 'once', 'once']);
    expect(log.log).toContain('answered 429; asking again in 1 s');
    answers = [busy];
    expect((await http('/', { retries: 1 })).result).toMatchObject({
      outcome: 'failure',
      outputs: { status: 503, attempts: 2 },
      error: { message: expect.stringContaining('answered 503 (2 times), expected 2xx: busy') },
    });
  });

  it('not without being told to, nor on another status, nor on one that is expected', async () => {
    answers = [status(503, '', { 'retry-after': '0' })];
    await http('/');
    await http('/', { retries: 3, 'retry-on': [500] });
    await http('/', { retries: 3, expect: 503 });
    expect(server.requests).toHaveLength(3);
    await http('/', { retries: 1, 'retry-on': '5xx' });
    expect(server.requests).toHaveLength(5);
  });

  it('not later than it may', async () => {
    answers = [status(429, '', { 'retry-after': '3600' })];
    expect((await http('/', { retries: 3 })).result).toMatchObject({
      outcome: 'failure',
      outputs: { status: 429, attempts: 1 },
      error: { message: expect.stringContaining('asks to wait 3600 s'), remedy: expect.stringContaining('retry-wait') },
    });
  });

  it('not once it is cancelled', async () => {
    const stop = new AbortController();
    answers = [
      (response) => void response.writeHead(503, { 'retry-after': '50' }).end(() => setImmediate(() => stop.abort())),
    ];
    const { result } = await http('/', { retries: 3 }, { signal: stop.signal });
    expect(result).toMatchObject({ outcome: 'cancelled' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('http@v1 expects', () => {
  const expecting = (expect: JsonObject) => http('/', { expect });

  it('values in JSON, and a pattern in the body', async () => {
    answers = [status(200, '{"state":"ready","hosts":[{"name":"ä"}]}')];
    const json = { '$.state': 'ready', "$['hosts'][-1].name": 'ä' };
    expect((await expecting({ json, body: '"ready"' })).result).toMatchObject({ outcome: 'success' });
    expect((await expecting({ json: { '$.state': 'done' } })).result).toMatchObject({
      outcome: 'failure',
      outputs: { status: 200, json: { state: 'ready' } },
      error: { message: expect.stringContaining('answered 200: $.state is "ready", expected "done"') },
    });
    expect((await expecting({ body: '^\\d+$' })).result).toMatchObject({
      error: { message: expect.stringContaining('does not match') },
    });
    expect((await expecting({ status: 201, json })).result).toMatchObject({
      error: { message: expect.stringContaining('answered 200, expected 201') },
    });
  });

  it.each<JsonObject>([{ json: { state: 1 } }, { body: '(' }, { status: 'fine' }, { header: 'x' }])(
    'nothing that can’t be read: %j',
    async (expectation) => {
      expect((await expecting(expectation)).result).toMatchObject({ outcome: 'failure' });
      expect(server.requests).toEqual([]);
    },
  );

  it('no pattern that takes for ever: the step’s timeout ends it', async () => {
    answers = [status(200, `${'a'.repeat(40)}!`)];
    const { result } = await http('/', { expect: { body: '^(a+)+$' } }, { timeout: { ms: 3000, own: true } });
    expect(result).toMatchObject({ outcome: 'failure', error: { code: 'TIMEOUT' } });
  });
});

describe.each([0, 1, 2])('http@v1 follows redirects to place %i of those that it names', (place) => {
  /** The others are places where nothing leads to. */
  const leadingTo = (url: string): JsonObject => ({
    'redirect-to': [0, 1, 2].slice(0, place + 1).map((index) => (index === place ? url : 'https://unused.example')),
  });
  const to = (url: string, code = 302): string => `/?status=${code}&to=${encodeURIComponent(url)}`;

  it('with a method that has no body after 303, and the same after 307', async () => {
    const inputs = { ...leadingTo(other.url), method: 'POST', body: 'x' };
    expect((await http(to(`${other.url}/a?b`, 303), inputs)).result).toMatchObject({
      outcome: 'success',
      outputs: { redirects: 1, url: `${other.url}/a?b`, body: 'GET there' },
    });
    expect((await http(to(`${other.url}/a/b/c`, 307), inputs)).result).toMatchObject({
      outputs: { body: 'POST there' },
    });
    expect(other.requests.map(({ body }) => body)).toEqual(['', 'x']);
  });

  it('with its own headers and secrets at the same origin, and without them elsewhere', async () => {
    const inputs = { token: '${{ secrets.TOKEN }}', headers: { 'X-Own': 'mine' } };
    const own = await http(to(`${server.url}/next`), { ...inputs, ...leadingTo(server.url) });
    expect(own.result).not.toHaveProperty('error');
    expect(server.requests.at(-1)).toMatchObject({
      path: '/next',
      headers: { authorization: `Bearer ${token}`, 'x-own': 'mine' },
    });
    const away = await http(to(`${other.url}/next`), { ...inputs, ...leadingTo(other.url) });
    expect(away.result).toMatchObject({ outcome: 'success' });
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(other.requests[0]?.headers).not.toHaveProperty('x-own');
  });

  it('by the same proxy', async () => {
    const { result } = await http(to(`${other.url}/x`), { ...leadingTo(other.url), proxy: proxy.name });
    expect(result).toMatchObject({ outcome: 'success' });
    expect(proxy.asked.map(({ line }) => line)).toEqual([expect.any(String), `GET ${other.url}/x`]);
  });

  it('and nowhere else', async () => {
    const { result } = await http(to(`${other.url}/x`), leadingTo(`${other.url}/y`));
    expect(result).toMatchObject({ class: 'denied', error: { message: expect.stringContaining(`${other.url}/x`) } });
    expect(other.requests).toEqual([]);
  });
});

it('http@v1 counts redirects, and follows no more than it may', async () => {
  const once = `${server.url}/?status=302&to=${encodeURIComponent(`${server.url}/end`)}`;
  const twice = `/?status=302&to=${encodeURIComponent(once)}`;
  const inputs = { 'redirect-to': [server.url] };
  expect((await http(twice, inputs)).result).toMatchObject({ outputs: { redirects: 2, url: `${server.url}/end` } });
  expect((await http(twice, { ...inputs, redirects: 1 })).result).toMatchObject({
    outcome: 'failure',
    error: {
      message: expect.stringContaining('more than 1 redirects'),
      remedy: expect.stringContaining('`redirects`'),
    },
  });
  const none = await http(twice, { ...inputs, redirects: 0 });
  expect(none.result).toMatchObject({ error: { message: expect.stringContaining('answered 302') } });
});
