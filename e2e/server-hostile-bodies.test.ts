/** Bodies that are there to be too much, against the server's process: bombs, hundreds of megabytes, and drops. */
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { expect, it } from 'vitest';
import { connectRaw, statusesIn } from '../server/testing/raw-socket.ts';
import { type GuardedServer, guardedServer } from './guarded-server.ts';

const mebibyte = 1024 * 1024;

/** Of the server's process, in bytes. */
function residentBytes({ process }: GuardedServer): number {
  const status = readFileSync(`/proc/${process.child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1]) * 1024;
}

/** Asks whether the server lives, again and again; the longest that it took, in milliseconds. */
function watch(server: GuardedServer): () => Promise<number> {
  const stopped = new AbortController();
  let longest = 0;
  const asking = (async () => {
    while (!stopped.signal.aborted) {
      const at = performance.now();
      await server.ask('/healthz');
      longest = Math.max(longest, performance.now() - at);
      await new Promise((resolve) => void setTimeout(resolve, 5));
    }
  })();
  return async () => {
    stopped.abort();
    await asking;
    return longest;
  };
}

const billion = (of: string): string =>
  Array.from(
    { length: 9 },
    (_, level) =>
      `l${level}: &l${level} [${Array.from({ length: 9 }, () => (level === 0 ? of : `*l${level - 1}`)).join(', ')}]`,
  ).join('\n');

const bombs: Readonly<Record<string, string>> = {
  'a billion laughs': `${billion('lol')}\nname: *l8\njobs: {}\n`,
  'aliases in keys': `a: &a [x]\n${'? *a\n: b\n'.repeat(20_000)}`,
  'merge keys that double': `${Array.from({ length: 30 }, (_, n) => `k${n}: &k${n}\n  <<: [*k${Math.max(0, n - 1)}, *k${Math.max(0, n - 1)}]`).join('\n')}\n`,
  'an alias of itself': 'jobs: &a { b: *a }\n',
  'brackets that never close': '['.repeat(mebibyte),
  'deep maps': Array.from({ length: 5_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
  'keys without end': Array.from({ length: 200_000 }, (_, key) => `k${key}: 1`).join('\n'),
  'one line of a flow list': `jobs: [${'a,'.repeat(mebibyte)}]`,
  tags: `jobs: !!js/function 'function () { process.exit() }'\n`,
  'a jungle of anchors': Array.from({ length: 50_000 }, (_, n) => `- &a${n} x`).join('\n'),
  'expressions in expressions': `name: "${'${{ '.repeat(50_000)}"\njobs: { a: { steps: [{ run: x }] } }\n`,
  'a text of backslashes': `name: "${'\\\\'.repeat(mebibyte)}"\n`,
};

it('YAML bombs are refused, and hold nobody up while they are read', { timeout: 120_000 }, async () => {
  const server = await guardedServer();
  const key = await server.key('operator');
  await server.ask('/v1/validate', { key, body: 'name: warm\n', type: 'application/yaml' });
  const before = residentBytes(server);
  const stop = watch(server);
  for (const [what, body] of Object.entries(bombs)) {
    const { status } = await server.ask('/v1/workflows', { key, body, type: 'application/yaml' });
    expect([what, status]).toEqual([what, body.length > 4 * mebibyte ? 413 : 422]);
    const validated = await server.ask('/v1/validate', { key, body: { workflow: body } });
    expect([what, [200, 413, 422].includes(validated.status)]).toEqual([what, true]);
  }
  // Generous: the machine that tests may be busy with others.
  expect(await stop()).toBeLessThan(1_000);
  expect(residentBytes(server) - before).toBeLessThan(400 * mebibyte);
  const { status } = await server.ask('/v1/workflows', { key });
  expect(status).toBe(200);
});

/** Sends bytes without end until it is answered; the status, and how many were sent. */
function pouring(
  server: GuardedServer,
  ask: { readonly key?: string; readonly path: string; readonly type: string; readonly length?: number },
) {
  const { key, path, type, length } = ask;
  const headers = {
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    'content-type': type,
    ...(length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': length }),
  };
  const chunk = Buffer.alloc(64 * 1024, '{');
  return new Promise<{ readonly status: number | undefined; readonly sent: number }>((resolve) => {
    let sent = 0;
    const answered = new AbortController();
    const pour = request(new URL(path, server.url), { method: 'POST', headers }, (response) => {
      answered.abort();
      response.resume();
      resolve({ status: response.statusCode, sent });
    });
    pour.on('error', () => resolve({ status: undefined, sent }));
    const write = (): void => {
      while (!answered.signal.aborted && sent < 100 * mebibyte) {
        sent += chunk.length;
        if (!pour.write(chunk)) {
          pour.once('drain', write);
          return;
        }
      }
    };
    write();
  });
}

it('bodies of 100 MB are refused before they are read, with a length and in chunks, with and without a key', {
  timeout: 120_000,
}, async () => {
  const server = await guardedServer();
  const [key, agent] = [await server.key('operator'), await server.key('agent')];
  const { status } = await server.ask('/v1/validate', {
    key,
    body: 'x'.repeat(3 * mebibyte),
    type: 'application/yaml',
  });
  expect(status).toBeLessThan(500);
  const before = residentBytes(server);
  const cases = [
    { key, path: '/v1/workflows', type: 'application/json', expected: 413 },
    { key, path: '/v1/workflows', type: 'application/yaml', expected: 413 },
    { key: agent, path: '/v1/agent/logs', type: 'application/x-ndjson', expected: 413 },
    { path: '/v1/workflows', type: 'application/json', expected: 401 },
    { path: '/v1/agent/blobs', type: 'application/octet-stream', expected: 401 },
    { path: '/v1/nowhere', type: 'application/json', expected: 404 },
    { path: '/v1/webhooks/whk_00000000000000000000000000/deliveries', type: 'application/json', expected: 413 },
  ];
  for (const { expected, ...ask } of cases) {
    for (const length of [{ length: 100 * mebibyte }, {}]) {
      const { status: got, sent } = await pouring(server, { ...ask, ...length });
      expect([ask.path, length, got]).toEqual([ask.path, length, expected]);
      // The limit, and what was in flight by then.
      expect(sent).toBeLessThan(20 * mebibyte);
    }
  }
  expect(residentBytes(server) - before).toBeLessThan(100 * mebibyte);
});

it('bodies that come in drops are given up by every operation that takes one, also where they are streamed', {
  timeout: 120_000,
}, async () => {
  const server = await guardedServer({ config: 'limits: { request-timeout: 1s, headers-timeout: 1s }' });
  const [admin, agent] = [await server.key('admin'), await server.key('agent')];
  const { body } = await server.ask('/openapi.json');
  // The document is one of OpenAPI.
  const paths = body['paths'] as Record<string, Record<string, { requestBody?: { content: object } }>>;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { requestBody }]) =>
      Object.keys(requestBody?.content ?? {}).map((type) => ({ path, method, type })),
    ),
  );
  expect(operations.length).toBeGreaterThan(15);
  await Promise.all(
    operations.map(async ({ path, method, type }) => {
      using connection = await connectRaw(server.url);
      const key = path.startsWith('/v1/agent/') ? agent : admin;
      const target = path.replaceAll(/\{\w+\}/gu, `run-${'0'.repeat(26)}`);
      const head = `${method.toUpperCase()} ${target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\n`;
      connection.write(`${head}Content-Type: ${type.replace('*/*', 'text/plain')}\r\nContent-Length: 100000\r\n\r\n`);
      const at = performance.now();
      const drip = setInterval(() => connection.write('{'), 100);
      const answer = await connection.ended();
      clearInterval(drip);
      // A path whose id isn't of its kind is refused before.
      expect([path, type, statusesIn(answer)]).toEqual([path, type, [answer.includes(' 404 ') ? 404 : 408]]);
      expect(performance.now() - at).toBeLessThan(10_000);
    }),
  );
  // Headers that come in drops, too.
  using connection = await connectRaw(server.url);
  connection.write('GET /healthz HTTP/1.1\r\n');
  const drip = setInterval(() => connection.write('X'), 100);
  expect(statusesIn(await connection.ended())).toEqual([408]);
  clearInterval(drip);
  expect((await server.ask('/readyz')).status).toBe(200);
});
