import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { createNetCapability } from '../net.ts';
import { makeTestScope, performTestCall, type TestScope } from '../testing/call.ts';
import { local, powers, redirecting, request, serve } from './testing/request.ts';

const secret = 'correct horse';
const encoded = Buffer.from(`robot:${secret}`).toString('base64');

function scopeWithToken(): TestScope {
  return makeTestScope({ secrets: { TOKEN: secret, OTHER: 'battery staple' } });
}

/** Sends back what it was signed with. */
function echo(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const signature = incoming.headers.authorization ?? String(incoming.headers['x-api-key']);
  outgoing.setHeader('x-echo', signature).end(signature);
}

const bearer: JsonObject = { ...local, auth: { bearer: 'TOKEN' } };

describe('a request of an entry with auth', () => {
  test.each([
    [{ bearer: 'TOKEN' }, 'authorization', `Bearer ${secret}`],
    [{ basic: { user: 'robot', password: 'TOKEN' } }, 'authorization', `Basic ${encoded}`],
    [{ header: { name: 'X-Api-Key', secret: 'TOKEN' } }, 'x-api-key', secret],
  ])('is signed by the agent: %j', async (auth, header, value) => {
    await using server = await serve(echo);
    await using scope = scopeWithToken();
    const answer = await request(scope, { url: server.origin }, { entries: [{ ...local, auth }] });
    expect(server.requests[0]?.headers[header]).toBe(value);
    // The server told what it had got; the plugin doesn't see it.
    for (const form of [secret, encoded]) expect(JSON.stringify(answer)).not.toContain(form);
    expect(answer.body).toContain(scope.secrets.placeholder('TOKEN'));
    expect(scope.notes).toContainEqual(expect.objectContaining({ secrets: ['TOKEN'] }));
  });

  test('without that secret in the run fails, and is not sent unsigned', async () => {
    await using server = await serve(echo);
    await using scope = makeTestScope();
    await expect(request(scope, { url: server.origin }, { entries: [bearer] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('`TOKEN`'),
    });
    expect(server.requests).toEqual([]);
  });

  test('can’t bring a signature of its own', async () => {
    await using server = await serve(echo);
    await using scope = scopeWithToken();
    const args = { url: server.origin, headers: { Authorization: 'Bearer mine' } };
    await expect(request(scope, args, { entries: [bearer] })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
    expect(server.requests).toEqual([]);
  });

  test('takes the signature to no other origin, and not back from there', async () => {
    await using scope = scopeWithToken();
    const table: Record<string, string> = {};
    await using other = await serve(redirecting(table));
    await using server = await serve(redirecting({ '/a': '/b', '/b': `${other.origin}/c` }));
    table['/c'] = `${server.origin}/d`;
    await request(scope, { url: `${server.origin}/a` }, { entries: [bearer] });
    const signed = ({ headers }: IncomingMessage): boolean => headers.authorization !== undefined;
    expect(server.requests.map(signed)).toEqual([true, true, false]);
    expect(other.requests.map(signed)).toEqual([false]);
  });

  test('does not let the secret stand in another header, nor its placeholder', async () => {
    await using server = await serve(echo);
    await using scope = scopeWithToken();
    const placeholder = scope.secrets.placeholder('TOKEN') ?? '';
    const asked = request(scope, { url: server.origin, headers: { 'x-other': placeholder } }, { entries: [bearer] });
    await expect(asked).rejects.toMatchObject({ code: 'DENIED', message: expect.stringContaining('`TOKEN`') });
    expect(server.requests).toEqual([]);
  });
});

describe('of several layers', () => {
  async function ask(layers: readonly JsonObject[]): Promise<string | undefined> {
    await using server = await serve(echo);
    await using scope = scopeWithToken();
    await performTestCall(
      createNetCapability(powers),
      { layers: layers.map((entry) => [entry]), operation: 'request', args: { url: server.origin } },
      scope,
    );
    return server.requests[0]?.headers.authorization;
  }

  test.each([
    ['says the same', bearer],
    ['lets that secret go there', { ...local, secrets: ['TOKEN'] }],
    ['lets any secret go there', { ...local, secrets: ['*'] }],
  ])('one that %s lets the request be signed', async (_what, entry) => {
    expect(await ask([bearer, entry])).toBe(`Bearer ${secret}`);
    expect(await ask([entry, bearer])).toBe(`Bearer ${secret}`);
  });

  test.each([
    ['says nothing of secrets', local],
    ['names another secret', { ...local, secrets: ['OTHER'] }],
    ['signs with another secret', { ...local, auth: { bearer: 'OTHER' } }],
    ['signs in another way', { ...local, auth: { basic: { user: 'robot', password: 'TOKEN' } } }],
  ])('one that %s refuses it', async (_what, entry) => {
    await expect(ask([bearer, entry])).rejects.toMatchObject({ code: 'DENIED', rule: expect.any(String) });
    await expect(ask([entry, bearer])).rejects.toMatchObject({ code: 'DENIED' });
  });
});
