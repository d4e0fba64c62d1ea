import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { createAuthenticator } from '../auth/authenticator.ts';
import { createKeyHasher } from '../auth/key-hash.ts';
import { issueKey, revokeKey, rotateKey } from '../auth/keys.ts';
import { type AuthTestParts, openAuthParts } from '../auth/testing/auth-parts.ts';
import { makeIssuer } from '../auth/testing/tokens.ts';
import { exampleRoute } from '../testing/example-routes.ts';
import { connectRaw } from '../testing/raw-socket.ts';
import { startServer, type TestServer } from '../testing/start-server.ts';
import { toProblem } from './problem.ts';

let parts: AuthTestParts;
let server: TestServer;
let asked: string[];
let deciding = 0;
let names = 0;

beforeEach(async () => {
  parts = await openAuthParts();
  asked = [];
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await parts[Symbol.asyncDispose]();
});

/** Says that it has begun, and at its end why it ended. */
const stream = exampleRoute({
  permission: 'runs:read',
  responses: { 200: { description: 'Lines.', content: { 'text/plain': { schema: { type: 'string' } } } } },
  handle: ({ signal }) =>
    Promise.resolve({
      status: 200,
      body: {
        kind: 'stream',
        type: 'text/plain',
        chunks: (async function* () {
          yield 'begun\n';
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
          yield `${toProblem(signal.reason).error.code}\n`;
        })(),
      },
    }),
});

type Config = Parameters<typeof createAuthenticator>[0]['config'];

async function start(config: Partial<Config> = {}): Promise<void> {
  const authenticate = createAuthenticator({ ...parts, config: { host: '127.0.0.1', corsOrigins: [], ...config } });
  server = await startServer({
    routes: () => [stream],
    parts: { clock: parts.clock },
    authenticate: async (headers, remote) => {
      asked.push(remote);
      deciding += 1;
      try {
        return await authenticate(headers, remote);
      } finally {
        // Once whoever asked has gone on.
        setImmediate(() => {
          deciding -= 1;
        });
      }
    },
  });
}

const tools = () => ({ keys: parts.records.keys, hasher: createKeyHasher(), now: () => parts.clock.now() });
const newKey = (lifetimeMs?: number) => {
  const lifetime = lifetimeMs === undefined ? {} : { lifetimeMs };
  names += 1;
  return issueKey({ name: `key ${names}`, tenant: 'acme', role: 'viewer', ...lifetime }, tools());
};

/** A stream that has begun, and what comes of it. */
async function follow(key?: string): Promise<{ readonly rest: () => Promise<string>; readonly isOpen: () => boolean }> {
  const answer = await fetch(`${server.url}/v1/thing`, key === undefined ? {} : { headers: { 'X-API-Key': key } });
  expect(answer.status).toBe(200);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toBe('begun\n');
  let open = true;
  const next = reader.read().then(({ value }) => {
    open = false;
    return value ?? '';
  });
  return { rest: () => next, isOpen: () => open };
}

/** A second, and until what it set off is done. */
async function second(): Promise<void> {
  const before = asked.length;
  parts.clock.advance(1_000);
  await expect.poll(() => asked.length > before && deciding === 0).toBe(true);
}

describe('a stream ends within a second', () => {
  test('of when its key is revoked, and others go on', async () => {
    await start();
    const [one, other] = [await newKey(), await newKey()];
    const [mine, theirs] = [await follow(one.text), await follow(other.text)];
    await second();
    expect(mine.isOpen()).toBe(true);
    await revokeKey(one.row, tools());
    await second();
    expect(await mine.rest()).toBe('UNAUTHENTICATED\n');
    expect(theirs.isOpen()).toBe(true);
    await revokeKey(other.row, tools());
    await second();
    expect(await theirs.rest()).toBe('UNAUTHENTICATED\n');
  });

  test('of when its key expires, or the grace after a rotation does', async () => {
    await start();
    const [short, old] = [await newKey(3_000), await newKey()];
    const [first, rotated] = [await follow(short.text), await follow(old.text)];
    await rotateKey(old.row, { graceMs: 5_000 }, tools());
    for (let passed = 1; passed <= 2; passed += 1) await second();
    expect(first.isOpen()).toBe(true);
    await second();
    expect(await first.rest()).toBe('UNAUTHENTICATED\n');
    expect(rotated.isOpen()).toBe(true);
    for (let passed = 4; passed <= 5; passed += 1) await second();
    expect(await rotated.rest()).toBe('UNAUTHENTICATED\n');
  });

  test('of when its token expires, or its issuer takes back the key', async () => {
    const issuer = await makeIssuer();
    const file = join(parts.folder, 'jwks.json') as AbsolutePath; // The folder's path is absolute.
    writeFileSync(file, JSON.stringify({ keys: [issuer.publicJwk] }));
    const names = { issuer: 'https://issuer.example', audience: 'waterflow', tenantClaim: 'tenant', roleClaim: 'role' };
    await start({ jwt: { ...names, jwks: { file }, clockSkewSeconds: 0 } });
    const seconds = parts.clock.now() / 1_000;
    const claims = { iss: names.issuer, aud: names.audience, sub: 'alice', tenant: 'acme', role: 'viewer' };
    const short = await follow(await issuer.sign({ ...claims, exp: seconds + 2 }));
    const long = await follow(await issuer.sign({ ...claims, exp: seconds + 3_600 }));
    await second();
    expect(short.isOpen()).toBe(true);
    await second();
    expect(await short.rest()).toBe('UNAUTHENTICATED\n');
    expect(long.isOpen()).toBe(true);
    writeFileSync(file, JSON.stringify({ keys: [(await makeIssuer({ kid: 'second' })).publicJwk] }));
    await second();
    expect(await long.rest()).toBe('UNAUTHENTICATED\n');
  });

  test('of when a server that asked for no key has its first one', async () => {
    await start();
    const open = await follow();
    await second();
    expect(open.isOpen()).toBe(true);
    await newKey();
    await second();
    expect(await open.rest()).toBe('UNAUTHENTICATED\n');
  });
});

test('a stream goes on where it can not be found out whether it may', async () => {
  await start();
  const key = await newKey();
  const open = await follow(key.text);
  const { keys } = parts.records;
  const byPrefix = keys.byPrefix.bind(keys);
  keys.byPrefix = () => Promise.reject(new Error('the database is away'));
  await second();
  await second();
  expect(open.isOpen()).toBe(true);
  keys.byPrefix = byPrefix;
  await revokeKey(key.row, tools());
  await second();
  expect(await open.rest()).toBe('UNAUTHENTICATED\n');
});

test('all streams of a key are looked after together, and none where there is none', async () => {
  await start();
  const key = await newKey();
  const streams = await Promise.all(Array.from({ length: 20 }, () => follow(key.text)));
  asked = [];
  await second();
  expect(asked).toHaveLength(1);
  await revokeKey(key.row, tools());
  await second();
  expect(new Set(await Promise.all(streams.map(({ rest }) => rest())))).toEqual(new Set(['UNAUTHENTICATED\n']));
  asked = [];
  parts.clock.advance(10_000);
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toEqual([]);
});

test('a reader that does not take the end of its stream is cut off', async () => {
  await start();
  const key = await newKey();
  using connection = await connectRaw(server.url);
  connection.write(`GET /v1/thing HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: ${key.text}\r\n\r\n`);
  await connection.until('begun');
  expect(server.calls).toEqual([]);
  await revokeKey(key.row, tools());
  await second();
  await expect.poll(() => server.calls).toHaveLength(1);
});
