import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { callUnder, type TestGrant, testGrant } from '../../grants/testing/grant.ts';
import { createNetCapability } from '../net.ts';
import { makeTestScope, performTestCall, type TestScope } from '../testing/call.ts';
import { local, powers, redirecting, request, serve } from './testing/request.ts';

const open = (): TestScope => makeTestScope({ secrets: { TOKEN: 'correct horse', OTHER: 'battery staple' } });
const of = (scope: TestScope, name: string): string => scope.secrets.placeholder(name) ?? '';
const withToken: JsonObject = { ...local, secrets: ['TOKEN'] };

describe('a secret in a header', () => {
  test.each<[string, string, JsonObject]>([
    ['where no entry names it', 'accept', local],
    ['where the entry names another', 'x-token', withToken],
    ['where it may stand in the URL', 'authorization', { ...local, 'url-secrets': ['*'] }],
    ['where the entry lets another host have it', 'x-token', { ...local, auth: { bearer: 'TOKEN' } }],
  ])('is denied by its name %s, and no placeholder goes out', async (_where, header, entry) => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = open();
    const args = { url: server.origin, headers: { [header]: `Bearer ${of(scope, 'OTHER')}` } };
    await expect(request(scope, args, { entries: [entry] })).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('the secret `OTHER` is not in its `secrets`'),
      rule: 'test entries',
    });
    expect(server.requests).toEqual([]);
  });

  test('is denied where one of the layers has no such secret', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = open();
    const args = { url: server.origin, headers: { 'x-token': of(scope, 'TOKEN') } };
    const asked = performTestCall(
      createNetCapability(powers),
      { layers: [[{ ...local, secrets: ['*'] }], [local]], operation: 'request', args },
      scope,
    );
    await expect(asked).rejects.toMatchObject({ code: 'DENIED', message: expect.stringContaining('`TOKEN`') });
    expect(server.requests).toEqual([]);
  });

  test('goes out by that one of several entries which lets it', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = open();
    const args = { url: `${server.origin}/a`, headers: { 'x-token': of(scope, 'TOKEN') } };
    const entries = [local, { ...withToken, url: `${server.origin}/a` }];
    await request(scope, args, { entries });
    expect(server.requests[0]?.headers['x-token']).toBe('correct horse');
  });

  test('follows no redirect to where it may not go', async () => {
    await using server = await serve(redirecting({ '/a': '/b' }));
    await using scope = open();
    const args = { url: `${server.origin}/a`, headers: { 'x-token': of(scope, 'TOKEN') } };
    const entries = [
      { ...withToken, url: `${server.origin}/a` },
      { ...local, url: `${server.origin}/b` },
    ];
    await expect(request(scope, args, { entries })).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringMatching(/^the redirect to .*\/b is not granted: .*`TOKEN`/),
    });
    expect(server.requests.map(({ url }) => url)).toEqual(['/a']);
  });

  test.each<[string, (placeholder: string) => Record<string, string>, RegExp]>([
    ['in the name of a header', (placeholder) => ({ [`X-${placeholder}`]: '1' }), /in the name of a header/],
    [
      'in base64',
      (placeholder) => ({ authorization: `Basic ${Buffer.from(`robot:${placeholder}`).toString('base64')}` }),
      /in base64/,
    ],
  ])('never stands %s, though any secret may go there', async (_where, headersWith, says) => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = open();
    const args = { url: server.origin, headers: headersWith(of(scope, 'TOKEN')) };
    const asked = request(scope, args, { entries: [{ ...local, secrets: ['*'] }] });
    await expect(asked).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
      message: expect.stringMatching(says),
      remedy: expect.any(String),
    });
    expect(server.requests).toEqual([]);
  });

  test('of another invocation is a text like any other', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = open();
    const text = `wf-secret-${'0'.repeat(32)}`;
    await request(scope, { url: server.origin, headers: { 'x-token': text } });
    expect(server.requests[0]?.headers['x-token']).toBe(text);
  });

  test.each<[string, Pick<TestGrant, 'policy' | 'step'>, RegExp]>([
    ['policy', { policy: allowing(local) }, /operator must allow it/],
    ['policy', { policy: allowing({ ...local, auth: { bearer: 'TOKEN' } }) }, /the agent sends it by the `auth`/],
    ['step', { policy: allowing(withToken), step: { net: [local] } }, /Widen the step's `permissions\.net`/],
  ])('is denied in the name of the layer that lacks it: %s %j', async (layer, layers, remedy) => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = open();
    const grant = testGrant({ manifest: { net: [{ ...local, secrets: ['*'] }] }, ...layers });
    const args = { url: server.origin, headers: { 'x-token': of(scope, 'TOKEN') } };
    await expect(callUnder(grant, 'net.request', { args, scope })).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('the secret `TOKEN` is not in its `secrets`'),
      rule: expect.stringMatching(new RegExp(`^${layer} `)),
      remedy: expect.stringMatching(remedy),
    });
    expect(server.requests).toEqual([]);
  });
});

/** A policy in which that is all that any plugin may ask for. */
function allowing(entry: JsonObject): string {
  return JSON.stringify({ version: 1, rules: [{ plugin: '*', allow: { net: [entry] } }] });
}
