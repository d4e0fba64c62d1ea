import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { AbsolutePath, Json } from '../../../../schemas/index.ts';
import { type FakeAnswers, startFakeDaemon } from '../testing/fake-daemon.ts';
import { agreedVersion, connectEngine } from './client.ts';
import { EngineError } from './errors.ts';

/** A daemon that agrees on a version, and then answers with `answer`. */
function afterVersion(answer: (response: ServerResponse) => void): FakeAnswers['request'] {
  return (request, response) => {
    if (request.url === '/version') response.end('{"ApiVersion":"1.43","MinAPIVersion":"1.12"}');
    else answer(response);
  };
}

const ask = { method: 'GET', path: '/info' } as const;

describe('the version', () => {
  test.each<[string, Json, string]>([
    ['of Docker 20.10', { ApiVersion: '1.41', MinAPIVersion: '1.12' }, '1.41'],
    ['of a daemon that is newer', { ApiVersion: '1.60', MinAPIVersion: '1.44' }, '1.47'],
  ])('%s', (_what, answer, version) => {
    expect(agreedVersion(answer)).toBe(version);
  });

  test.each<[string, Json | undefined]>([
    ['too old', { ApiVersion: '1.40' }],
    ['too new', { ApiVersion: '1.60', MinAPIVersion: '1.48' }],
    ['none', {}],
    ['of another kind', { ApiVersion: '2.0' }],
    ['no text', { ApiVersion: 1.41 }],
    ['no object', null],
    ['nothing at all', undefined],
  ])('is refused where it is %s', (_what, answer) => {
    expect(() => agreedVersion(answer)).toThrow(EngineError);
  });
});

test('requests go out under the version', async () => {
  await using daemon = await startFakeDaemon({ request: afterVersion((response) => response.end('{"NCPU":2}')) });
  const engine = await connectEngine(daemon.socket);
  expect(await engine.ask({ ...ask, query: { filters: '{"a":["b&c"]}' } })).toEqual({ NCPU: 2 });
  expect(daemon.asked).toEqual(['GET /version', 'GET /v1.43/info?filters=%7B%22a%22%3A%5B%22b%26c%22%5D%7D']);
});

test('what it refuses is told with its own words', async () => {
  await using daemon = await startFakeDaemon({
    request: afterVersion((response) => response.writeHead(409).end('{"message":"in use"}')),
  });
  const engine = await connectEngine(daemon.socket);
  await expect(engine.ask(ask)).rejects.toMatchObject({ status: 409, message: 'in use' });
  await expect(engine.hijack({ ...ask, method: 'POST' })).rejects.toMatchObject({ status: 409, message: 'in use' });
});

describe('an answer', () => {
  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['that is not JSON', (response) => response.end('<html>'), /not JSON/u],
    ['that is no HTTP', (response) => void response.socket?.end('garbage\r\n\r\n'), /broke/u],
    [
      'that breaks off',
      (response) => void response.writeHead(200, { 'content-length': 10 }).write('{', () => response.destroy()),
      /broke/u,
    ],
    ['that is refused without a word', (response) => response.writeHead(500).end(), /status 500/u],
    ['whose refusal is no JSON', (response) => response.writeHead(500).end('oops'), /not JSON/u],
    ['that never ends', (response) => flood(response), /more than 16777216 bytes/u],
  ])('%s is an error', async (_what, answer, message) => {
    await using daemon = await startFakeDaemon({ request: afterVersion(answer) });
    const engine = await connectEngine(daemon.socket);
    await expect(engine.ask(ask)).rejects.toThrow(message);
  });
});

/** Sends until nobody listens. */
function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(1024 * 1024, ' ');
  const send = (): void => {
    if (response.destroyed) return;
    response.write(chunk, () => setImmediate(send));
  };
  send();
}

test('a daemon that hangs is given up', async () => {
  await using daemon = await startFakeDaemon({ request: afterVersion(() => undefined), upgrade: () => undefined });
  const engine = await connectEngine(daemon.socket);
  await expect(engine.ask({ ...ask, timeout_ms: 50 })).rejects.toThrow('did not answer within 50 ms');
  await expect(engine.hijack({ ...ask, timeout_ms: 50 })).rejects.toThrow('did not answer within 50 ms');
});

test('a request that is called off ends at once', async () => {
  await using daemon = await startFakeDaemon({ request: afterVersion(() => undefined) });
  const engine = await connectEngine(daemon.socket);
  await expect(engine.ask({ ...ask, signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('a connection that was taken over goes both ways, from the first byte on', async () => {
  await using daemon = await startFakeDaemon({
    request: afterVersion(() => undefined),
    upgrade(_request, socket) {
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nfirst ');
      socket.on('data', (chunk) => void socket.end(chunk));
    },
  });
  const engine = await connectEngine(daemon.socket);
  const socket = await engine.hijack({ method: 'POST', path: '/containers/a/attach' });
  socket.end('last');
  expect(await text(socket)).toBe('first last');
});

test('where nothing listens it says so', async () => {
  // Absolute as written.
  await expect(connectEngine('/nowhere/docker.sock' as AbsolutePath)).rejects.toThrow("can't connect");
});
