import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { bodyOf, powers, request, serve } from './net/testing/request.ts';
import { createNetCapability, type NetArgs } from './net.ts';
import { makeTestScope } from './testing/call.ts';

describe('a request', () => {
  test('answers with status, headers and body, and notes the address', async () => {
    await using server = await serve((_incoming, outgoing) => {
      outgoing.writeHead(404, { 'x-thing': ['a', 'b'], 'content-type': 'text/plain' }).end('nothing');
    });
    await using scope = makeTestScope();
    const answer = await request(scope, { url: `${server.origin}/a?b=c#d` });
    expect(answer).toMatchObject({ status: 404, url: `${server.origin}/a?b=c`, body: 'nothing', bytes: 7 });
    expect(answer.headers).toMatchObject({ 'x-thing': 'a, b', 'content-type': 'text/plain' });
    expect(server.requests[0]?.headers).toMatchObject({
      'user-agent': 'waterflow-test',
      host: `127.0.0.1:${server.port}`,
    });
    expect(Object.assign({}, ...scope.notes)).toMatchObject({ address: '127.0.0.1', status: 404, bytes: 7 });
  });

  test.each<[string, NonNullable<NetArgs['body']>, string]>([
    ['text', 'häh', '4 häh'],
    ['base64', { base64: 'aGVsbG8=' }, '5 hello'],
    ['a workspace file', { file: 'in.txt' }, '11 from a file'],
    ['an empty workspace file', { file: 'empty' }, '0 '],
  ])('sends %s', async (_what, body, expected) => {
    await using server = await serve((incoming, outgoing) => {
      void bodyOf(incoming).then((text) => outgoing.end(`${incoming.headers['content-length']} ${text}`));
    });
    await using scope = makeTestScope();
    writeFileSync(join(scope.workspace, 'in.txt'), 'from a file');
    writeFileSync(join(scope.workspace, 'empty'), '');
    expect(await request(scope, { url: server.origin, method: 'put', body })).toMatchObject({ body: expected });
  });

  test('brings bytes back as base64', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end(Buffer.from([0, 255, 254])));
    await using scope = makeTestScope();
    expect(await request(scope, { url: server.origin, response: 'base64' })).toMatchObject({ body: 'AP/+', bytes: 3 });
  });

  test.each([
    ['gzip', gzipSync('hello')],
    ['br', brotliCompressSync('hello')],
    ['deflate', deflateSync('hello')],
  ])('undoes the coding %s', async (coding, bytes) => {
    await using server = await serve((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-encoding': coding }).end(bytes);
    });
    await using scope = makeTestScope();
    const answer = await request(scope, { url: server.origin });
    expect(answer).toMatchObject({ body: 'hello', bytes: 5 });
    expect(answer.headers).not.toHaveProperty('content-encoding');
    expect(await request(scope, { url: server.origin, method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  test('ignores proxies and switched-off verification in the environment', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end('direct'));
    await using scope = makeTestScope();
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:1';
    process.env['NODE_USE_ENV_PROXY'] = '1';
    try {
      expect(await request(scope, { url: server.origin })).toMatchObject({ body: 'direct' });
    } finally {
      delete process.env['HTTP_PROXY'];
      delete process.env['NODE_USE_ENV_PROXY'];
    }
  });

  test('ends at its timeout and with the step', async () => {
    const cancel = new AbortController();
    await using server = await serve(() => cancel.abort());
    await using scope = makeTestScope();
    await expect(request(scope, { url: server.origin, timeout_ms: 50 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    await using silent = await serve((_incoming, outgoing) => {
      outgoing.write('first');
      again.abort();
    });
    const again = new AbortController();
    await using cancelled = makeTestScope({ signal: again.signal });
    await expect(request(cancelled, { url: silent.origin })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('that can not connect says why', async () => {
    const server = await serve(() => undefined);
    await server[Symbol.asyncDispose]();
    await using scope = makeTestScope();
    await expect(request(scope, { url: server.origin })).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('limits', () => {
  test('of a response hold for what is behind a compression', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000));
    await using server = await serve((_incoming, outgoing) =>
      outgoing.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    await using scope = makeTestScope();
    const before = process.memoryUsage().rss;
    await expect(request(scope, { url: server.origin })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  test('several codings at once are refused', async () => {
    const twice = gzipSync(gzipSync('x'));
    await using server = await serve((_incoming, outgoing) =>
      outgoing.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(twice),
    );
    await using scope = makeTestScope();
    await expect(request(scope, { url: server.origin })).rejects.toMatchObject({ code: 'FAILED' });
  });

  test('of redirects', async () => {
    await using server = await serve((incoming, outgoing) =>
      outgoing.writeHead(302, { location: `${incoming.url}x` }).end(),
    );
    await using scope = makeTestScope();
    await expect(request(scope, { url: server.origin })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(server.requests).toHaveLength(6);
    expect(await request(scope, { url: server.origin, redirects: 0 })).toMatchObject({
      status: 302,
      headers: { location: '/x' },
    });
  });

  test('of what may come back to the plugin can not be raised over the frame', async () => {
    await using scope = makeTestScope();
    await expect(request(scope, { url: 'http://127.0.0.1/', max_bytes: 1024 ** 3 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
  });

  test('of response headers', async () => {
    await using server = await serve((_incoming, outgoing) =>
      outgoing.writeHead(200, { 'x-large': 'x'.repeat(100_000) }).end(),
    );
    await using scope = makeTestScope();
    await expect(request(scope, { url: server.origin })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});

describe('entries and calls', () => {
  test('only what the entry names is allowed', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = makeTestScope();
    const entries = [{ url: `${server.origin}/api/*`, private: true }];
    await expect(request(scope, { url: `${server.origin}/api/x` }, { entries })).resolves.toMatchObject({
      status: 200,
    });
    for (const args of [
      { url: `${server.origin}/api/x`, method: 'POST' },
      { url: `${server.origin}/api/../admin` },
      { url: `${server.origin}/admin` },
      { url: 'file:///etc/passwd' },
      { url: `http://user@127.0.0.1:${server.port}/api/x` },
      { url: 'not a url' },
    ]) {
      await expect(request(scope, args, { entries })).rejects.toMatchObject({ code: 'DENIED' });
    }
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    [{ url: 'https://example.com', auth: {} }],
    [{ url: 'https://example.com', auth: { 'aws-sigv4': 'KEY' } }],
    [{ url: 'https://example.com', auth: { 'client-cert': 'KEY' } }],
    [{ url: 'https://example.com', auth: { header: { name: 'Host', secret: 'KEY' } } }],
    [{ url: 'https://example.com', auth: { header: { name: 'X-*', secret: 'KEY' } } }],
    [{ url: 'https://example.com', methods: ['CONNECT'] }],
    [{ url: 'https://example.com', headers: ['Host'] }],
    [{ url: 'https://example.com', headers: ['a b'] }],
    [{ url: 'https://example.com', secrets: ['a-b'] }],
  ])('the entry %j is a mistake', (entry) => {
    expect(createNetCapability(powers).parse(entry)).toHaveProperty('problem');
  });

  test('a deny rule without methods forbids all', () => {
    const capability = createNetCapability(powers);
    const parsed = capability.parse({ url: 'https://example.com/**' });
    const rule = 'rule' in parsed ? parsed.rule : undefined;
    const operation = capability.operations['request'];
    expect(rule).toBeDefined();
    if (rule === undefined) return;
    expect(operation?.denies?.(rule, { url: 'https://example.com/x', method: 'DELETE', headers: ['x-any'] })).toBe(
      true,
    );
    expect(operation?.check(rule, { url: 'https://example.com/x', method: 'DELETE', headers: [] }).matches).toBe(false);
  });
});
