import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../schemas/index.ts';
import { createNetCapability } from '../net.ts';
import { makeTestScope, performTestCall } from '../testing/call.ts';
import { parseNetEntry } from './rule.ts';
import { bodyOf, local, powers, redirecting, request, serve } from './testing/request.ts';

const limited = (limits: JsonObject): JsonObject => ({ ...local, limits });
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('limits of an entry', () => {
  test('refuse a body that is larger before anything is sent', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end('thanks'));
    await using scope = makeTestScope();
    writeFileSync(join(scope.workspace, 'big'), 'x'.repeat(1025));
    const entries = [limited({ request: '1KiB' })];
    const post = (body: Json): Promise<unknown> =>
      // Of one of the forms of a body.
      request(scope, { url: server.origin, method: 'POST', body: body as string }, { entries });
    for (const body of ['x'.repeat(1025), { file: 'big' }]) {
      await expect(post(body)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', rule: 'net: limits.request' });
    }
    expect(server.requests).toEqual([]);
    await expect(post('x'.repeat(1024))).resolves.toMatchObject({ status: 200 });
  });

  test('cut off a response that is larger, whatever the call asks for', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end('x'.repeat(1025)));
    await using scope = makeTestScope();
    for (const response of ['text', { file: 'kept' }] as const) {
      const args = { url: server.origin, response, max_bytes: 5000 };
      const asked = request(scope, args, { entries: [limited({ response: '1KiB' })] });
      await expect(asked).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    }
    expect(existsSync(join(scope.workspace, 'kept'))).toBe(false);
  });

  test('end a call that takes longer, whatever the call asks for', async () => {
    await using server = await serve(() => undefined);
    await using scope = makeTestScope();
    const args = { url: server.origin, timeout_ms: 60_000 };
    await expect(request(scope, args, { entries: [limited({ time: '50ms' })] })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('50 ms'),
    });
  });

  test('of the entry that a redirect leads to hold from the beginning of the call', async () => {
    await using slow = await serve(() => undefined);
    await using server = await serve(redirecting({ '/': slow.origin }));
    await using scope = makeTestScope();
    const entries = [
      { ...local, url: server.origin },
      { ...limited({ time: '80ms' }), url: slow.origin },
    ];
    const asked = request(scope, { url: server.origin, timeout_ms: 60_000 }, { entries });
    await expect(asked).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('80 ms') });
  });

  test('are the least of all layers', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end('x'.repeat(20)));
    await using scope = makeTestScope();
    const layers = [[limited({ response: '1GiB' })], [local], [limited({ response: '10B' })]];
    const call = { layers, operation: 'request', args: { url: server.origin } };
    await expect(performTestCall(createNetCapability(powers), call, scope)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
  });

  test.each([
    ['no size', { request: 'much' }],
    ['nothing', { response: '0B' }],
    ['no duration', { time: '12 parsecs' }],
  ])('that are %s are refused', (_what, limits) => {
    expect(parseNetEntry({ url: 'https://example.com', limits })).toHaveProperty('problem');
  });
});

describe('a digest', () => {
  test('of a file that was sent comes back', async () => {
    await using server = await serve((incoming, outgoing) => void bodyOf(incoming).then((body) => outgoing.end(body)));
    await using scope = makeTestScope();
    for (const content of ['x'.repeat(200_000), '']) {
      writeFileSync(join(scope.workspace, 'file'), content);
      const args = { url: server.origin, method: 'POST', body: { file: 'file' } };
      const answer = await request(scope, args);
      expect(answer).toMatchObject({ body: content, sent: { bytes: content.length, sha256: sha256(content) } });
      expect(scope.notes).toContainEqual(expect.objectContaining({ sent: expect.anything() }));
    }
  });

  test('of a file that the server did not want to the end is not claimed', async () => {
    await using server = await serve((incoming, outgoing) => {
      outgoing.writeHead(413).end('too much');
      incoming.destroy();
    });
    await using scope = makeTestScope();
    writeFileSync(join(scope.workspace, 'file'), Buffer.alloc(64 * 1024 * 1024));
    const args = { url: server.origin, method: 'POST', body: { file: 'file' } };
    const answer: unknown = await request(scope, args).catch((cause: unknown) => cause);
    expect(answer).not.toHaveProperty('sent');
  });

  test('that is expected is required', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end('release'));
    await using scope = makeTestScope();
    const good = { url: server.origin, sha256: sha256('release') };
    expect(await request(scope, good)).toMatchObject({ body: 'release' });
    expect(await request(scope, { ...good, response: { file: 'a' } })).toMatchObject({ sha256: sha256('release') });
    const wrong = { url: server.origin, sha256: sha256('another') };
    await expect(request(scope, wrong)).rejects.toMatchObject({ code: 'FAILED' });
    writeFileSync(join(scope.workspace, 'b'), 'older');
    await expect(request(scope, { ...wrong, response: { file: 'c' } })).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining(sha256('release')),
    });
    expect(existsSync(join(scope.workspace, 'c'))).toBe(false);
  });

  test('is not required of a page that says why there is no file', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.writeHead(404).end('no'));
    await using scope = makeTestScope();
    const args = { url: server.origin, sha256: sha256('release'), response: { file: 'a' } };
    expect(await request(scope, args)).toMatchObject({ status: 404, body: 'no' });
  });
});

describe('headers of a response', () => {
  const headers = { 'set-cookie': ['a=1', 'b=2'], 'keep-alive': 'timeout=5', 'alt-svc': 'h3=":1"', 'x-own': 'kept' };

  test.each([
    ['is not shown cookies', [{ ...local, headers: [] }], undefined],
    ['is shown cookies where it may send them', [{ ...local, headers: ['Cookie'] }], 'a=1, b=2'],
  ])('a plugin %s', async (_what, entries, cookies) => {
    await using server = await serve((_incoming, outgoing) => outgoing.writeHead(200, headers).end());
    await using scope = makeTestScope();
    const answer = await request(scope, { url: server.origin }, { entries });
    expect(answer.headers?.['set-cookie']).toBe(cookies);
    expect(answer.headers).toMatchObject({ 'x-own': 'kept' });
    for (const name of ['keep-alive', 'connection', 'alt-svc']) expect(answer.headers).not.toHaveProperty(name);
  });
});
