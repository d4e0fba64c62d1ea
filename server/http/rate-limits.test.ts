import { describe, expect, test } from 'vitest';
import { WaterflowFailure } from '../../schemas/index.ts';
import { exampleRoute } from '../testing/example-routes.ts';
import { startServer, testAdmin } from '../testing/start-server.ts';
import { Buckets, createRateLimits } from './rate-limits.ts';

describe('a bucket', () => {
  test('holds a minute of requests, and fills evenly', () => {
    let now = 0;
    const buckets = new Buckets(60, () => now);
    for (let count = 0; count < 60; count += 1) {
      expect(buckets.wait('a')).toBe(0);
      buckets.take('a');
    }
    expect(buckets.wait('a')).toBe(1);
    now = 999;
    expect(buckets.wait('a')).toBe(1);
    now = 1000;
    expect(buckets.wait('a')).toBe(0);
    expect(buckets.take('a')).toEqual({ limit: 60, remaining: 0, fullAfter: 60 });
    now = 10 * 60_000;
    expect(buckets.take('a')).toEqual({ limit: 60, remaining: 59, fullAfter: 1 });
  });

  test('that was overdrawn takes the longer to fill', () => {
    const buckets = new Buckets(10, () => 0);
    for (let count = 0; count < 30; count += 1) buckets.take('a');
    expect(buckets.wait('a')).toBe(21 * 6);
  });

  test('does not fill by a clock that goes back', () => {
    let now = 60_000;
    const buckets = new Buckets(1, () => now);
    buckets.take('a');
    now = 0;
    expect(buckets.wait('a')).toBeGreaterThan(0);
  });

  test('is forgotten once there are too many, the one that was away longest first', () => {
    const buckets = new Buckets(1, () => 0, 3);
    for (const name of ['a', 'b', 'c', 'a', 'd']) buckets.take(name);
    expect(buckets.size).toBe(3);
    expect(['a', 'b', 'c', 'd'].map((name) => buckets.wait(name) > 0)).toEqual([true, false, true, true]);
  });
});

test('addresses of one /64 network share a bucket, keys do not', () => {
  const limits = createRateLimits({ requestsPerMinute: 1, failuresPerMinute: 1 }, () => 0);
  limits.request({ address: '2001:db8::1' });
  expect(() => limits.request({ address: '2001:db8::2' })).toThrow('more than 1 requests');
  limits.request({ key: 'default/one' });
  limits.request({ key: 'default/two' });
  expect(() => limits.request({ key: 'default/one' })).toThrow('more than 1 requests');
});

describe('a server', () => {
  const keys = (headers: Readonly<Record<string, string | readonly string[] | undefined>>) => {
    const key = String(headers['authorization']);
    if (!key.startsWith('Bearer good')) {
      const error = { code: 'UNAUTHENTICATED', message: 'no', remedy: 'Send a key.' } as const;
      return Promise.reject(new WaterflowFailure(error));
    }
    return Promise.resolve({ ...testAdmin, id: key });
  };
  const ask = (url: string, key: string): Promise<Response> =>
    fetch(`${url}/v1/thing`, { headers: { Authorization: `Bearer ${key}` } });

  test('answers a key that asks too often with 429, and says when to come again', async () => {
    await using server = await startServer({
      routes: () => [exampleRoute()],
      authenticate: keys,
      limits: { requestsPerMinute: 3 },
    });
    const answers = [];
    for (let count = 0; count < 4; count += 1) answers.push(await ask(server.url, 'good-1'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers[0]?.headers.get('ratelimit')).toBe('"requests";r=2;t=20');
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"requests";q=3;w=60');
    expect(answers[3]?.headers.get('retry-after')).toMatch(/^(19|20)$/u);
    expect(await answers[3]?.json()).toMatchObject({ code: 'RATE_LIMITED' });
    expect((await ask(server.url, 'good-2')).status).toBe(200);
  });

  test('asks an address that failed too often no more who it is, even with a good key', async () => {
    let asked = 0;
    await using server = await startServer({
      routes: () => [exampleRoute()],
      authenticate: (headers) => {
        asked += 1;
        return keys(headers);
      },
      limits: { failuresPerMinute: 3 },
    });
    const statuses = [];
    for (let count = 0; count < 5; count += 1) statuses.push((await ask(server.url, `bad-${count}`)).status);
    statuses.push((await ask(server.url, 'good-1')).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429]);
    expect(asked).toBe(3);
  });

  test('goes on to let in a key that it let in before, whoever fails beside it, until that key fails', async () => {
    let isRevoked = false;
    await using server = await startServer({
      routes: () => [exampleRoute()],
      authenticate: (headers) => keys(isRevoked ? {} : headers),
      limits: { failuresPerMinute: 1 },
    });
    const statuses = [];
    for (const key of ['good-1', 'bad', 'bad', 'good-1']) statuses.push((await ask(server.url, key)).status);
    isRevoked = true;
    for (const key of ['good-1', 'good-1']) statuses.push((await ask(server.url, key)).status);
    expect(statuses).toEqual([200, 401, 429, 200, 401, 429]);
  });

  test('counts failures by the address that a trusted proxy tells', async () => {
    await using server = await startServer({
      routes: () => [exampleRoute()],
      authenticate: keys,
      config: { trustedProxies: ['127.0.0.1'] },
      limits: { failuresPerMinute: 1 },
    });
    const from = async (address: string): Promise<number> => {
      const headers = { Authorization: 'Bearer bad', 'X-Forwarded-For': address };
      return (await fetch(`${server.url}/v1/thing`, { headers })).status;
    };
    expect([await from('198.51.100.1'), await from('198.51.100.1'), await from('198.51.100.2')]).toEqual([
      401, 429, 401,
    ]);
    await server.close();
    expect(server.calls.map(({ remote }) => remote)).toEqual(['198.51.100.1', '198.51.100.1', '198.51.100.2']);
  });

  test('limits what needs no key by the address, but for whoever watches it', async () => {
    await using server = await startServer({
      routes: () => [
        exampleRoute({ permission: 'public' }),
        exampleRoute({ permission: 'public', path: '/healthz', operation: 'getHealth' }),
      ],
      limits: { requestsPerMinute: 2 },
    });
    const statuses = [];
    for (const path of ['/v1/thing', '/nothing', '/v1/thing', '/nothing', '/healthz', '/healthz', '/healthz']) {
      statuses.push((await fetch(`${server.url}${path}`)).status);
    }
    expect(statuses).toEqual([200, 404, 429, 429, 200, 200, 200]);
  });

  test('says by what to authenticate', async () => {
    await using server = await startServer({ routes: () => [exampleRoute()], authenticate: keys });
    const answer = await ask(server.url, 'bad');
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="waterflow"']);
  });
});
