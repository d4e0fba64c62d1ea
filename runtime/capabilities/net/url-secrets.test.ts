import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { authorize } from '../../grants/authorize.ts';
import { testGrant } from '../../grants/testing/grant.ts';
import { makeTestScope, type TestScope } from '../testing/call.ts';
import { parseNetEntry } from './rule.ts';
import { local, request, serve } from './testing/request.ts';

const echo = (incoming: IncomingMessage, outgoing: ServerResponse): void => void outgoing.end(`got ${incoming.url}`);
const entries = [{ ...local, 'url-secrets': ['HOOK', 'KEY'] }];
const open = (secrets: Record<string, string> = {}): TestScope =>
  makeTestScope({ secrets: { HOOK: 'T0p-secret_1', KEY: 'a/b?c=d&é', OTHER: 'other-value', ...secrets } });
const of = (scope: TestScope, name: string): string => scope.secrets.placeholder(name) ?? '';

describe('a secret in a URL', () => {
  test('goes out in the path and in the query, and neither the plugin nor the record sees it', async () => {
    await using server = await serve(echo);
    await using scope = open();
    const url = `${server.origin}/hooks/${of(scope, 'HOOK')}/x?key=${of(scope, 'KEY')}&b=1`;
    const answer = await request(scope, { url }, { entries });
    expect(server.requests[0]?.url).toBe('/hooks/T0p-secret_1/x?key=a%2Fb%3Fc%3Dd%26%C3%A9&b=1');
    expect(answer).toMatchObject({ status: 200, url, body: `got ${new URL(url).pathname}${new URL(url).search}` });
    expect(scope.notes).toContainEqual(expect.objectContaining({ secrets: ['HOOK', 'KEY'] }));
    expect(JSON.stringify(scope.notes)).not.toMatch(/T0p|a%2Fb/);
  });

  test.each([
    ['in the path', (name: string) => `/${name}`, {}],
    ['in the query', (name: string) => `/?key=${name}`, { secrets: ['*'] }],
    ['where another one may', (name: string) => `/${name}`, { 'url-secrets': ['HOOK'] }],
  ])('is refused %s unless each layer lets it stand there, and no placeholder goes out', async (_, path, more) => {
    await using server = await serve(echo);
    await using scope = open();
    const url = `${server.origin}${path(of(scope, 'OTHER'))}`;
    await expect(request(scope, { url }, { entries: [{ ...local, ...more }] })).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('`OTHER`'),
      rule: 'net: url-secrets',
      remedy: expect.stringContaining('`url-secrets`'),
    });
    expect(server.requests).toEqual([]);
  });

  test.each(['a/b', '..', '.', 'a?b', 'a#b', 'a%2fb', 'a\\b', 'a b', 'ä', 'a;b', 'a\nb', ''])(
    'never changes which path it is: %j',
    async (value) => {
      await using server = await serve(echo);
      await using scope = open({ HOOK: value });
      const asked = request(scope, { url: `${server.origin}/x/${of(scope, 'HOOK')}/y` }, { entries });
      await expect(asked).rejects.toMatchObject({
        code: 'INVALID_ARGUMENTS',
        message: expect.stringContaining('`HOOK`'),
      });
      expect(server.requests).toEqual([]);
    },
  );

  test('is no host, and no way to one', async () => {
    await using server = await serve(echo);
    await using scope = open({ HOOK: 'localhost' });
    const asked = request(scope, { url: `http://${of(scope, 'HOOK')}.invalid:${server.port}/` }, { entries });
    // Every name leads to this machine in this test.
    await expect(asked).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
      message: expect.stringContaining('`HOOK`'),
    });
    expect(server.requests).toEqual([]);
  });

  test('does not go along to another origin', async () => {
    await using other = await serve(echo);
    await using scope = open();
    const hook = of(scope, 'HOOK');
    await using server = await serve((_incoming, outgoing) =>
      outgoing.writeHead(307, { location: `${other.origin}/${hook}` }).end(),
    );
    await request(scope, { url: `${server.origin}/${hook}` }, { entries });
    expect(server.requests[0]?.url).toBe('/T0p-secret_1');
    expect(other.requests[0]?.url).toBe(`/${hook}`);
  });

  test('that makes it a URL which is denied is denied', () => {
    const policy = JSON.stringify({
      version: 1,
      rules: [{ plugin: '*', allow: 'requested', deny: { net: [{ url: 'https://a.example.com/x/admin' }] } }],
    });
    const net = [{ url: 'https://a.example.com/**', 'url-secrets': ['*'] }];
    const url = 'https://a.example.com/x/wf-secret-00000000000000000000000000000000';
    const answer = authorize(testGrant({ manifest: { net }, policy }), {
      capability: 'net',
      operation: 'request',
      args: { url },
    });
    if (answer.kind !== 'allowed') throw new TypeError('the placeholder itself is not denied');
    const recheck = (sent: string): string => answer.authorized.recheck({ url, method: 'GET', headers: [], sent }).kind;
    expect(recheck('https://a.example.com/x/other')).toBe('allowed');
    expect(recheck('https://a.example.com/x/admin')).toBe('denied');
    expect(recheck('https://a.example.com/x/%61dmin')).toBe('denied');
  });
});

test('an entry names the secrets, or any', () => {
  expect(parseNetEntry({ url: 'https://a.example.com', 'url-secrets': ['*', 'A'] })).toHaveProperty('rule');
  expect(parseNetEntry({ url: 'https://a.example.com', 'url-secrets': ['no name'] })).toMatchObject({
    problem: expect.stringContaining('`url-secrets`'),
  });
});
