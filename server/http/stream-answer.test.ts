import { expect, test } from 'vitest';
import { exampleRoute } from '../testing/example-routes.ts';
import { connectRaw } from '../testing/raw-socket.ts';
import { startServer } from '../testing/start-server.ts';
import { stalledReaderMs } from './answer.ts';
import type { Route } from './route.ts';

const get = 'GET /v1/thing HTTP/1.1\r\nHost: a\r\n\r\n';

/** A route that answers with the chunks that a test makes, given the signal. */
function streaming(chunks: (signal: AbortSignal) => AsyncIterable<string | Uint8Array>): Route {
  return exampleRoute({
    responses: { 200: { description: 'Lines.', content: { 'text/plain': { schema: { type: 'string' } } } } },
    handle: ({ signal }) =>
      Promise.resolve({ status: 200, body: { kind: 'stream', type: 'text/plain', chunks: chunks(signal) } }),
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

test('a stream is sent as it comes', async () => {
  let go = (): void => {};
  const second = new Promise<void>((resolve) => {
    go = resolve;
  });
  const route = streaming(async function* () {
    yield 'first\n';
    await second;
    yield '';
    yield new TextEncoder().encode('second\n');
  });
  await using server = await startServer({ routes: () => [route] });
  const answer = await fetch(`${server.url}/v1/thing`);
  const reader = answer.body!.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('first\n');
  go();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('second\n');
  expect((await reader.read()).done).toBe(true);
});

test('no more is taken from the source than the client reads', async () => {
  let made = 0;
  const chunk = new Uint8Array(64 * 1024);
  const route = streaming(async function* (signal) {
    while (!signal.aborted) {
      made += chunk.length;
      yield chunk;
      // Lets the rest of the process run.
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  await using server = await startServer({ routes: () => [route] });
  using connection = await connectRaw(server.url);
  connection.socket.pause();
  connection.write(get);
  // The source stands still once the buffers of both sockets are full: some megabytes at most.
  let before = -1;
  await expect
    .poll(
      () => {
        const hasStopped = made > 0 && made === before;
        before = made;
        return hasStopped;
      },
      { interval: 100 },
    )
    .toBe(true);
  expect(made).toBeLessThan(32 * 1024 * 1024);
  connection.socket.resume();
  await expect.poll(() => made).toBeGreaterThan(before);
});

test('a source is ended when its client goes away', async () => {
  let ended = (): void => {};
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const route = streaming(async function* (signal) {
    try {
      yield 'first\n';
      await aborted(signal);
    } finally {
      ended();
    }
  });
  await using server = await startServer({ routes: () => [route] });
  const connection = await connectRaw(server.url);
  connection.write(get);
  await connection.until('first');
  connection[Symbol.dispose]();
  await expect(end).resolves.toBeUndefined();
});

test('a client that takes nothing for too long is cut off, and the source ended', async () => {
  const waiting: { readonly ms: number; readonly callback: () => void }[] = [];
  let ended = false;
  const route = streaming(async function* (signal) {
    try {
      while (!signal.aborted) yield new Uint8Array(1024 * 1024);
    } finally {
      ended = true;
    }
  });
  await using server = await startServer({
    routes: () => [route],
    parts: {
      clock: {
        now: Date.now,
        after: (ms, callback) => {
          const timer = { ms, callback };
          waiting.push(timer);
          return () => waiting.splice(waiting.indexOf(timer), 1);
        },
      },
    },
  });
  const stalled = () => waiting.find(({ ms }) => ms === stalledReaderMs);
  using connection = await connectRaw(server.url);
  connection.socket.pause();
  connection.write(get);
  await expect.poll(() => stalled()).toBeDefined();
  // What is waited for may still have been the socket's buffer filling up.
  await expect
    .poll(
      () => {
        stalled()?.callback();
        return ended;
      },
      { interval: 100 },
    )
    .toBe(true);
  connection.socket.resume();
  expect(await connection.ended()).not.toMatch(/\r\n0\r\n\r\n$/u);
});

test('a source that fails in the midst cuts its answer off, so that the client sees that it is not whole', async () => {
  const route = streaming(async function* () {
    yield 'first\n';
    throw new Error('the log is gone');
  });
  await using server = await startServer({ routes: () => [route] });
  const answer = await fetch(`${server.url}/v1/thing`);
  expect(answer.status).toBe(200);
  await expect(answer.text()).rejects.toThrow('terminated');
  expect(server.logged).toContainEqual(
    expect.objectContaining({ level: 'error', stack: expect.stringContaining('the log is gone') as string }),
  );
});

test('HEAD of a stream has its headers, and starts nothing', async () => {
  let begun = false;
  const route = streaming(async function* () {
    begun = true;
    yield 'first\n';
  });
  await using server = await startServer({ routes: () => [route] });
  const answer = await fetch(`${server.url}/v1/thing`, { method: 'HEAD' });
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'text/plain', '']);
  expect(begun).toBe(false);
});

test('streams beyond the most are 503, until one of them ends', async () => {
  const signals: AbortSignal[] = [];
  const route = streaming(async function* (signal) {
    signals.push(signal);
    yield 'first\n';
    await aborted(signal);
  });
  await using server = await startServer({ routes: () => [route], limits: { streams: 1 } });
  const follower = new AbortController();
  await fetch(`${server.url}/v1/thing`, { signal: follower.signal });
  const refused = await fetch(`${server.url}/v1/thing`);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await refused.json()).toMatchObject({ code: 'SERVER_UNAVAILABLE' });
  follower.abort();
  await expect
    .poll(async () => {
      const next = new AbortController();
      const { status } = await fetch(`${server.url}/v1/thing`, { signal: next.signal });
      next.abort();
      return status;
    })
    .toBe(200);
});

test('a long stream keeps nothing of what was sent', { timeout: 30_000 }, async () => {
  const chunk = 'x'.repeat(100);
  const count = 300_000;
  const route = streaming(async function* () {
    for (let index = 0; index < count; index += 1) yield chunk;
  });
  await using server = await startServer({ routes: () => [route] });
  const { gc } = globalThis as { readonly gc?: () => void };
  gc?.();
  const before = process.memoryUsage().heapUsed;
  const answer = await fetch(`${server.url}/v1/thing`);
  let size = 0;
  let most = 0;
  for await (const part of answer.body!) {
    size += part.length;
    most = Math.max(most, process.memoryUsage().heapUsed);
  }
  expect(size).toBe(count * chunk.length);
  // A reaction kept for each chunk would be more than 100 bytes.
  expect(most - before).toBeLessThan(200 * count);
});

test('a tenant that takes all streams that it gets leaves some to others', async () => {
  const route = streaming(async function* (signal) {
    yield 'first\n';
    await aborted(signal);
  });
  const tenantOf = (key: string | undefined): string => (key === 'greedy' ? 'greedy' : 'modest');
  await using server = await startServer({
    routes: () => [route],
    limits: { streams: 20 },
    authenticate: ({ authorization }) => {
      const tenant = tenantOf(authorization?.[0]);
      return Promise.resolve({ id: tenant, name: tenant, tenant, role: 'viewer', by: 'api-key' });
    },
  });
  const ended = new AbortController();
  const follow = async (who: string): Promise<number> => {
    const headers = { Authorization: who };
    const { status } = await fetch(`${server.url}/v1/thing`, { headers, signal: ended.signal });
    return status;
  };
  const statuses = await Promise.all(Array.from({ length: 20 }, () => follow('greedy')));
  expect(statuses.filter((status) => status === 200)).toHaveLength(18);
  expect(await follow('modest')).toBe(200);
  expect(await follow('greedy')).toBe(503);
  ended.abort();
});
