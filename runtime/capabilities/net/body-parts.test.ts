import { createHash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeTestScope } from '../testing/call.ts';
import type { NetArgs } from './call.ts';
import { local, request, serve } from './testing/request.ts';

describe('a body of parts', () => {
  test('goes out as one, with texts, bytes and files in their order', async () => {
    const bodies: string[] = [];
    await using server = await serve((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        bodies.push(Buffer.concat(chunks).toString());
        outgoing.end();
      });
    });
    await using scope = makeTestScope();
    const big = 'x'.repeat(300_000);
    writeFileSync(join(scope.workspace, 'ä b'), big);
    writeFileSync(join(scope.workspace, 'empty'), '');
    const parts = ['<', { base64: Buffer.from('ü').toString('base64') }, { file: 'ä b' }, { file: 'empty' }, '', '>'];
    const args: NetArgs = { url: server.origin, method: 'POST', body: { parts } };
    const answer = await request(scope, args);
    const whole = `<ü${big}>`;
    expect(bodies).toEqual([whole]);
    expect(server.requests[0]?.headers['content-length']).toBe(String(Buffer.byteLength(whole)));
    expect(answer).toMatchObject({
      sent: { bytes: Buffer.byteLength(whole), sha256: createHash('sha256').update(whole).digest('hex') },
    });
    await request(scope, { ...args, body: { parts: [] } });
    expect(bodies[1]).toBe('');
  });

  test('needs what fs needs to read each of its files', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = makeTestScope();
    writeFileSync(join(scope.workspace, 'x'), 'x');
    const args: NetArgs = { url: server.origin, method: 'POST', body: { parts: ['a', { file: 'x' }] } };
    const asked = request(scope, args, { implied: ({ operation }) => operation !== 'read' });
    await expect(asked).rejects.toMatchObject({ code: 'DENIED' });
    expect(server.requests).toEqual([]);
  });

  test('that becomes shorter while it is sent fails, and is not waited for', async () => {
    await using scope = makeTestScope();
    const path = join(scope.workspace, 'x');
    writeFileSync(path, 'x'.repeat(50_000_000));
    await using server = await serve((incoming) => {
      truncateSync(path, 10);
      incoming.on('error', () => undefined).resume();
    });
    const args: NetArgs = { url: server.origin, method: 'POST', body: { parts: ['a', { file: 'x' }] } };
    await expect(request(scope, args)).rejects.toMatchObject({ code: 'FAILED' });
  });

  test('is measured as a whole by the limit of an entry', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = makeTestScope();
    const args: NetArgs = { url: server.origin, method: 'POST', body: { parts: ['x'.repeat(600), 'y'.repeat(600)] } };
    const asked = request(scope, args, { entries: [{ ...local, limits: { request: '1KiB' } }] });
    await expect(asked).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', rule: 'net: limits.request' });
    expect(server.requests).toEqual([]);
  });
});

describe('a secret in a body', () => {
  test.each<[string, (placeholder: string) => Exclude<NetArgs['body'], undefined>]>([
    ['a text', (placeholder) => JSON.stringify({ client_secret: placeholder })],
    ['bytes', (placeholder) => ({ base64: Buffer.from(`ü${placeholder}`).toString('base64') })],
    ['a part', (placeholder) => ({ parts: ['a', `b=${placeholder}`] })],
    ['cut in two', (placeholder) => ({ parts: [placeholder.slice(0, 20), placeholder.slice(20)] })],
  ])('that is %s is refused by its name, and no placeholder goes out', async (_what, bodyOf) => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = makeTestScope({ secrets: { CLIENT: 'correct-horse', OTHER: 'battery' } });
    const body = bodyOf(scope.secrets.placeholder('CLIENT') ?? '');
    const entries = [{ ...local, secrets: ['*'], 'url-secrets': ['*'] }];
    await expect(request(scope, { url: server.origin, method: 'POST', body }, { entries })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
      message: "the secret `CLIENT` can't stand in the body of a request",
      remedy: expect.stringContaining('header'),
    });
    expect(server.requests).toEqual([]);
  });

  test('of another invocation is a text like any other', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = makeTestScope({ secrets: { CLIENT: 'correct-horse' } });
    const args: NetArgs = { url: server.origin, method: 'POST', body: `wf-secret-${'0'.repeat(32)}` };
    expect(await request(scope, args)).toMatchObject({ status: 200 });
  });
});
