import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeTestScope } from '../testing/call.ts';
import { bodyOf, local, redirecting, request, serve } from './testing/request.ts';

describe('a redirect', () => {
  test('is followed where it is granted', async () => {
    await using server = await serve(redirecting({ '/a': '/b', '/b': '/c?d' }));
    await using scope = makeTestScope();
    expect(await request(scope, { url: `${server.origin}/a` })).toMatchObject({
      url: `${server.origin}/c?d`,
      body: 'GET /c?d',
    });
  });

  test('leaves each server on the way on record', async () => {
    await using other = await serve(redirecting({ '/b?x=1': '/c' }));
    await using server = await serve(redirecting({ '/a': `${other.origin}/b?x=1` }));
    await using scope = makeTestScope();
    await request(scope, { url: `${server.origin}/a` });
    expect(scope.notes).toContainEqual(
      expect.objectContaining({
        url: `${other.origin}/c`,
        redirects: 2,
        passed: [
          expect.objectContaining({ url: `${server.origin}/a`, address: '127.0.0.1' }),
          expect.objectContaining({ url: `${other.origin}/b?x=1`, address: '127.0.0.1' }),
        ],
      }),
    );
  });

  test('to what is not granted is denied, naming the target', async () => {
    await using other = await serve((_incoming, outgoing) => outgoing.end('secret'));
    await using server = await serve(redirecting({ '/a': `${other.origin}/x` }));
    await using scope = makeTestScope();
    const entries = [{ ...local, url: `${server.origin}/**` }];
    await expect(request(scope, { url: `${server.origin}/a` }, { entries })).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining(`${other.origin}/x`),
      rule: 'test entries',
    });
    expect(other.requests).toEqual([]);
  });

  test.each([
    'http://169.254.169.254/latest/',
    'http://[::ffff:a9fe:a9fe]/',
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'http://user:pw@127.0.0.1/',
    '//',
  ])('to %s is denied, whatever is granted', async (location) => {
    await using server = await serve(redirecting({ '/a': location }));
    await using scope = makeTestScope();
    await expect(request(scope, { url: `${server.origin}/a` })).rejects.toMatchObject({ code: 'DENIED' });
  });

  test('takes no credentials to another origin', async () => {
    await using other = await serve((_incoming, outgoing) => outgoing.end());
    await using server = await serve(redirecting({ '/a': '/b', '/b': other.origin }));
    await using scope = makeTestScope({ secrets: { TOKEN: 'correct horse' } });
    const headers = {
      authorization: `Bearer ${scope.secrets.placeholder('TOKEN')}`,
      cookie: 'a=b',
      'x-api-key': 'literal',
      accept: `x/${scope.secrets.placeholder('TOKEN')}`,
      'content-type': 'text/plain',
    };
    await request(scope, { url: `${server.origin}/a`, headers }, { entries: [{ ...local, secrets: ['TOKEN'] }] });
    expect(server.requests[1]?.headers).toMatchObject({ authorization: 'Bearer correct horse', cookie: 'a=b' });
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(other.requests[0]?.headers).not.toHaveProperty('cookie');
    expect(other.requests[0]?.headers).not.toHaveProperty('x-api-key');
    expect(other.requests[0]?.headers.accept).toBe('*/*');
  });

  test.each([
    [302, 'POST', 'GET /b '],
    [303, 'PUT', 'GET /b '],
    [307, 'POST', 'POST /b hello'],
    [308, 'PUT', 'PUT /b hello'],
  ])('with %i after %s becomes %s', async (status, method, expected) => {
    await using server = await serve((incoming, outgoing) => {
      if (incoming.url === '/a') outgoing.writeHead(status, { location: '/b' }).end();
      else void bodyOf(incoming).then((text) => outgoing.end(`${incoming.method} ${incoming.url} ${text}`));
    });
    await using scope = makeTestScope();
    writeFileSync(join(scope.workspace, 'body'), 'hello');
    expect(await request(scope, { url: `${server.origin}/a`, method, body: { file: 'body' } })).toMatchObject({
      body: expected,
    });
  });
});
