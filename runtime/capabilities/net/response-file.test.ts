import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { NetArgs } from '../net.ts';
import { makeTestScope } from '../testing/call.ts';
import { request, serve } from './testing/request.ts';

describe('a response to a workspace file', () => {
  test('is written whole, with its digest', async () => {
    const content = Buffer.alloc(3_000_000, 'waterflow');
    await using server = await serve((incoming, outgoing) => {
      expect(incoming.headers['accept-encoding']).toBe('identity');
      outgoing.end(content);
    });
    await using scope = makeTestScope();
    const answer = await request(scope, { url: server.origin, response: { file: 'out/x.bin' } });
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(answer).toMatchObject({ status: 200, bytes: content.length, sha256 });
    expect(answer).not.toHaveProperty('body');
    expect(readFileSync(join(scope.workspace, 'out/x.bin')).equals(content)).toBe(true);
  });

  test.each<[string, RequestListener, NetArgs['max_bytes']]>([
    ['is too large', (_incoming, outgoing) => outgoing.end('x'.repeat(1000)), 999],
    [
      'breaks off',
      (_incoming, outgoing) => {
        outgoing.writeHead(200, { 'content-length': '1000' });
        outgoing.write('x', () => outgoing.destroy());
      },
      undefined,
    ],
  ])('that %s leaves the file as it was', async (_what, listener, max_bytes) => {
    await using server = await serve(listener);
    await using scope = makeTestScope();
    writeFileSync(join(scope.workspace, 'x'), 'before');
    const limit = max_bytes === undefined ? {} : { max_bytes };
    await expect(request(scope, { url: server.origin, response: { file: 'x' }, ...limit })).rejects.toMatchObject({
      code: max_bytes === undefined ? 'FAILED' : 'LIMIT_EXCEEDED',
    });
    expect(readdirSync(scope.workspace)).toEqual(['x']);
    expect(readFileSync(join(scope.workspace, 'x'), 'utf8')).toBe('before');
  });

  test('that is an error goes to the plugin instead', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.writeHead(500).end('sorry'));
    await using scope = makeTestScope();
    expect(await request(scope, { url: server.origin, response: { file: 'x' } })).toMatchObject({
      status: 500,
      body: 'sorry',
    });
    expect(existsSync(join(scope.workspace, 'x'))).toBe(false);
  });

  test('never follows a link out of the workspace', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end('x'));
    await using scope = makeTestScope();
    symlinkSync(scope.temp(), join(scope.workspace, 'out'));
    await expect(request(scope, { url: server.origin, response: { file: 'out/x' } })).rejects.toMatchObject({
      code: 'DENIED',
    });
    expect(readdirSync(scope.temp())).toEqual([]);
  });

  test('needs what fs needs, before anything is sent; so does a body from one', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end('x'));
    await using scope = makeTestScope();
    writeFileSync(join(scope.workspace, 'secret.txt'), 'x');
    const implied = (): boolean => false;
    await expect(request(scope, { url: server.origin, response: { file: 'x' } }, { implied })).rejects.toMatchObject({
      code: 'DENIED',
    });
    await expect(
      request(scope, { url: server.origin, method: 'POST', body: { file: 'secret.txt' } }, { implied }),
    ).rejects.toMatchObject({ code: 'DENIED' });
    expect(server.requests).toEqual([]);
  });
});
