import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../schemas/index.ts';
import { createNetCapability } from '../net.ts';
import { makeTestScope, performTestCall } from '../testing/call.ts';
import { local, powers, request, serve } from './testing/request.ts';

describe('addresses', () => {
  const publicOnly: JsonObject = { ...local, private: false };

  test.each([
    'http://127.0.0.1/',
    'http://localhost/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fe80::1]/',
    'http://internal.example/',
  ])('%s is refused without `private`', async (url) => {
    await using scope = makeTestScope();
    await expect(request(scope, { url }, { entries: [publicOnly] })).rejects.toMatchObject({ code: 'DENIED' });
  });

  test('private ones need `private` in every layer', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end('x'));
    await using scope = makeTestScope();
    const call = (policy: JsonObject): Promise<Json> =>
      performTestCall(
        createNetCapability(powers),
        { layers: [[local], [policy]], operation: 'request', args: { url: server.origin } },
        scope,
      );
    await expect(call(local)).resolves.toMatchObject({ status: 200 });
    await expect(call(publicOnly)).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('public addresses only'),
    });
  });

  test.each([
    ['http://169.254.169.254/', [local]],
    ['http://metadata.example/', [{ ...local, url: 'http://metadata.example' }]],
  ])('those of cloud metadata are refused even with `private`: %s', async (url, entries) => {
    await using scope = makeTestScope();
    const lookup = async (): Promise<{ address: string; family: number }[]> => [
      { address: '169.254.169.254', family: 4 },
    ];
    await expect(request(scope, { url }, { entries, powers: { lookup } })).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('credentials of a cloud machine'),
    });
  });

  test('a name is refused if one of its addresses is', async () => {
    await using scope = makeTestScope();
    const lookup = async (): Promise<{ address: string; family: number }[]> => [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    await expect(
      request(scope, { url: 'http://mixed.example/' }, { entries: [publicOnly], powers: { lookup } }),
    ).rejects.toMatchObject({ code: 'DENIED' });
  });

  test('a name is looked up once, and what was checked is what is connected to', async () => {
    await using server = await serve((incoming, outgoing) => outgoing.end(incoming.headers.host));
    await using scope = makeTestScope();
    const lookups: string[] = [];
    const lookup = async (hostname: string): Promise<{ address: string; family: number }[]> => {
      lookups.push(hostname);
      // Rebinding: a second answer would lead elsewhere.
      return [{ address: lookups.length === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }];
    };
    const answer = await request(scope, { url: `http://rebinding.example:${server.port}/` }, { powers: { lookup } });
    expect(answer.body).toBe(`rebinding.example:${server.port}`);
    expect(lookups).toEqual(['rebinding.example']);
  });

  test('a name that has none says so', async () => {
    await using scope = makeTestScope();
    const lookup = (): Promise<never> => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    await expect(request(scope, { url: 'http://missing.example/' }, { powers: { lookup } })).rejects.toMatchObject({
      code: 'FAILED',
      message: "the name `missing.example` can't be resolved (ENOTFOUND)",
    });
  });
});
