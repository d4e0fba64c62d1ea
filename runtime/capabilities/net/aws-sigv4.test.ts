import { createHash, createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { makeTestScope, type TestScope } from '../testing/call.ts';
import { parseNetEntry } from './rule.ts';
import { bodyOf, local, redirecting, request, serve } from './testing/request.ts';

const keys = { ID: 'AKIDEXAMPLE', KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', TOKEN: 'session token' };
const auth = {
  'aws-sigv4': { region: 'eu-central-1', service: 's3', 'access-key-id': 'ID', 'secret-access-key': 'KEY' },
};
const entry: JsonObject = { ...local, auth };

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Does what the service does, by AWS's own description of version 4: makes the signature anew from what came in. */
async function isSigned(incoming: IncomingMessage): Promise<boolean> {
  const { headers, method, url = '' } = incoming;
  const [, scope = '', names = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/(.*), SignedHeaders=(.*), Signature=(.*)$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  const [path = '', query = ''] = url.split('?');
  const canonical = [
    method,
    path,
    query.split('&').toSorted().join('&'),
    ...names.split(';').map((name) => `${name}:${String(headers[name])}`),
    '',
    names,
    sha256(await bodyOf(incoming)),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, sha256(canonical)].join('\n');
  const [date = '', region = '', service = '', end = ''] = scope.split('/');
  const key = [region, service, end].reduce(hmac, hmac(`AWS4${keys.KEY}`, date));
  return hmac(key, text).toString('hex') === signature && headers['x-amz-date']?.slice(0, 8) === date;
}

function verify(incoming: IncomingMessage, outgoing: ServerResponse): void {
  void isSigned(incoming).then((signed) => outgoing.writeHead(signed ? 200 : 403).end(keys.KEY));
}

function scopeWithKeys(): TestScope {
  return makeTestScope({ secrets: keys });
}

describe('a request of an entry with aws-sigv4', () => {
  test.each([
    ['a path', '/bucket/key'],
    ['a query', '/bucket?list-type=2&prefix=a%2Fb&delimiter='],
    ['what is encoded', '/bucket/a%20b/%C3%BC'],
  ])('is signed with %s as a service verifies it', async (_what, path) => {
    await using server = await serve(verify);
    await using scope = scopeWithKeys();
    const answer = await request(scope, { url: `${server.origin}${path}` }, { entries: [entry] });
    expect(answer.status).toBe(200);
    // The server said what it should not know; the plugin doesn't see it.
    expect(answer.body).toBe(scope.secrets.placeholder('KEY'));
    expect(scope.notes).toContainEqual(expect.objectContaining({ secrets: ['ID', 'KEY'] }));
  });

  test('signs a file with its digest, headers of the plugin, and a session token', async () => {
    await using server = await serve(verify);
    await using scope = scopeWithKeys();
    writeFileSync(join(scope.workspace, 'release.tar'), 'x'.repeat(300_000));
    const withToken = { 'aws-sigv4': { ...auth['aws-sigv4'], 'session-token': 'TOKEN' } };
    const answer = await request(
      scope,
      {
        url: `${server.origin}/b/k`,
        method: 'PUT',
        body: { file: 'release.tar' },
        headers: { 'x-amz-acl': 'private' },
      },
      { entries: [{ ...local, auth: withToken }] },
    );
    expect(answer).toMatchObject({ status: 200, sent: { bytes: 300_000, sha256: sha256('x'.repeat(300_000)) } });
    const [received] = server.requests;
    expect(received?.headers['x-amz-security-token']).toBe(keys.TOKEN);
    expect(received?.headers['x-amz-content-sha256']).toBe(sha256('x'.repeat(300_000)));
    expect(received?.headers.authorization).toContain('x-amz-acl');
    expect(received?.headers.authorization).toContain('x-amz-security-token');
  });

  test('is signed anew after a redirect within the origin, and not for another', async () => {
    await using other = await serve(redirecting({}));
    await using server = await serve(redirecting({ '/a': '/b', '/b': `${other.origin}/c` }));
    await using scope = scopeWithKeys();
    await request(scope, { url: `${server.origin}/a` }, { entries: [entry] });
    const [first, second] = server.requests.map(({ headers }) => headers.authorization);
    expect(second).toContain('Signature=');
    expect(second).not.toBe(first);
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(other.requests[0]?.headers).not.toHaveProperty('x-amz-date');
  });

  test.each(['x-amz-date', 'Authorization', 'X-Amz-Content-Sha256', 'x-amz-security-token', 'date'])(
    'can’t bring a `%s` of its own',
    async (name) => {
      await using server = await serve(verify);
      await using scope = scopeWithKeys();
      const asked = request(scope, { url: server.origin, headers: { [name]: 'x' } }, { entries: [entry] });
      await expect(asked).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
      expect(server.requests).toEqual([]);
    },
  );

  test('without one of the keys in the run is not sent', async () => {
    await using server = await serve(verify);
    await using scope = makeTestScope({ secrets: { ID: keys.ID } });
    await expect(request(scope, { url: server.origin }, { entries: [entry] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('`KEY`'),
    });
    expect(server.requests).toEqual([]);
  });

  test('with a path that is no UTF-8 is not sent', async () => {
    await using server = await serve(verify);
    await using scope = scopeWithKeys();
    const asked = request(scope, { url: `${server.origin}/%ff` }, { entries: [entry] });
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
    expect(server.requests).toEqual([]);
  });
});

test.each([
  ['no region', { service: 's3', 'access-key-id': 'ID', 'secret-access-key': 'KEY' }, '`region`'],
  ['an empty key', { region: 'x', service: 's3', 'access-key-id': '', 'secret-access-key': 'KEY' }, '`access-key-id`'],
  ['a region that ends it', { ...auth['aws-sigv4'], region: 'a/b' }, 'is not a region'],
])('an entry with %s is refused', (_what, form, problem) => {
  const parsed = parseNetEntry({ url: 'https://example.com', auth: { 'aws-sigv4': form } });
  expect(parsed).toMatchObject({ problem: expect.stringContaining(problem) });
});
