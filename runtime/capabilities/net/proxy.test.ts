import { createServer as createTlsServer } from 'node:https';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { testGrant } from '../../grants/testing/grant.ts';
import { createNetCapability, netCapability } from '../net.ts';
import { makeTestScope, performTestCall } from '../testing/call.ts';
import { parseNetEntry } from './rule.ts';
import { makeCertificate } from './testing/certificates.ts';
import { startProxy, type TestProxy } from './testing/proxy.ts';
import { local, powers, redirecting, request, serve } from './testing/request.ts';

let proxy: TestProxy;
beforeAll(async () => {
  proxy = await startProxy();
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
});
beforeEach(() => {
  proxy.asked.length = 0;
  proxy.refusal = undefined;
});

const by = (more: JsonObject = {}): JsonObject => ({ ...local, proxies: [proxy.name], ...more });

describe('a request by a proxy', () => {
  test('is passed on where it is http', async () => {
    await using server = await serve((incoming, outgoing) => outgoing.end(`${incoming.headers.host}${incoming.url}`));
    await using scope = makeTestScope();
    const url = `http://svc.example:${server.port}/a/b`;
    const answer = await request(scope, { url, proxy: proxy.name }, { entries: [by()] });
    expect(answer).toMatchObject({ status: 200, body: `svc.example:${server.port}/a/b` });
    expect(proxy.asked).toMatchObject([{ line: `GET ${url}` }]);
    expect(scope.notes).toContainEqual(expect.objectContaining({ proxy: proxy.name }));
  });

  test('is a tunnel where it is https: the proxy sees no header, and the certificate is the host’s', async () => {
    await using files = makeTestScope();
    const own = makeCertificate(files.temp(), 'svc.example');
    await using server = await serve(
      (_incoming, outgoing) => outgoing.end('secret things'),
      () => createTlsServer(own),
    );
    await using scope = makeTestScope();
    const url = `https://svc.example:${server.port}/`;
    const args = { url, proxy: proxy.name, headers: { 'x-token': 'abc' } };
    const entries = [by({ url: 'https://*:*' })];
    expect(await request(scope, args, { entries, powers: { authorities: [own.cert] } })).toMatchObject({
      body: 'secret things',
    });
    expect(proxy.asked).toMatchObject([{ line: `CONNECT svc.example:${server.port}` }]);
    expect(proxy.asked[0]?.headers).not.toHaveProperty('x-token');
    await expect(request(scope, args, { entries })).rejects.toMatchObject({ code: 'FAILED' });
  });

  test('goes to a name that only the proxy knows', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end('known there'));
    await using scope = makeTestScope();
    const lookup = async (): Promise<never> => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    const args = { url: `http://inside.example:${server.port}/`, proxy: proxy.name };
    expect(await request(scope, args, { entries: [by()], powers: { lookup } })).toMatchObject({ body: 'known there' });
  });

  test.each<[string, () => Promise<never>]>([
    ['fails', async () => Promise.reject(Object.assign(new Error('no'), { code: 'EAI_AGAIN' }))],
    ['never answers', () => new Promise(() => undefined)],
  ])('goes nowhere while the agent’s own resolver %s, unless private addresses are allowed', async (_what, lookup) => {
    await using server = await serve((_incoming, outgoing) => outgoing.end('inside'));
    await using scope = makeTestScope();
    const args = { url: `http://inside.example:${server.port}/`, proxy: proxy.name };
    const refused = request(scope, args, { entries: [by({ private: false })], powers: { lookup } });
    await expect(refused).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining("`inside.example` can't be resolved"),
      remedy: expect.stringContaining('private: true'),
    });
    expect(proxy.asked).toEqual([]);
    expect(await request(scope, args, { entries: [by()], powers: { lookup } })).toMatchObject({ body: 'inside' });
  });

  test('goes to a name without addresses of its own, though private addresses are not allowed', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end('known there'));
    await using scope = makeTestScope();
    const args = { url: `http://inside.example:${server.port}/`, proxy: proxy.name };
    const nameless = async (): Promise<never> => Promise.reject(Object.assign(new Error('no'), { code: 'ENODATA' }));
    for (const lookup of [nameless, async () => []]) {
      const answer = await request(scope, args, { entries: [by({ private: false })], powers: { lookup } });
      expect(answer).toMatchObject({ body: 'known there' });
    }
  });

  test('that is a redirect to another origin goes by it, too', async () => {
    await using other = await serve((_incoming, outgoing) => outgoing.end('there'));
    await using server = await serve(redirecting({ '/': `http://b.example:${other.port}/x` }));
    await using scope = makeTestScope();
    const args = { url: `http://a.example:${server.port}/`, proxy: proxy.name };
    expect(await request(scope, args, { entries: [by()] })).toMatchObject({ body: 'there', redirects: 1 });
    expect(proxy.asked).toHaveLength(2);
  });

  test.each([
    ['names none', {}],
    ['names another', { proxies: ['proxy.example:3128'] }],
  ])('is refused where a layer %s', async (_what, more) => {
    await using scope = makeTestScope();
    const layers = [[by()], [{ ...local, ...more }]];
    const args: JsonObject = { url: 'http://svc.example/', proxy: proxy.name };
    const asked = performTestCall(createNetCapability(powers), { layers, operation: 'request', args }, scope);
    await expect(asked).rejects.toThrow(/proxy/);
    expect(proxy.asked).toEqual([]);
  });

  test.each([
    ['a private address of its own', 'http://10.1.2.3/', {}],
    ['an address that gives out credentials', 'http://169.254.169.254/', { private: true }],
    ['a name that leads to such an address', 'http://svc.example/', { private: true }],
  ])('reaches no %s', async (_what, url, more) => {
    await using scope = makeTestScope();
    const entries = [{ url: 'http://*:*', proxies: [proxy.name], ...more }];
    const lookup = async () => [{ address: '169.254.169.254', family: 4 }];
    const asked = request(scope, { url, proxy: proxy.name }, { entries, powers: { lookup } });
    await expect(asked).rejects.toThrow(/private|metadata|credentials|name/i);
    expect(proxy.asked).toEqual([]);
  });

  test('fails clearly where the proxy refuses, or is not there', async () => {
    await using scope = makeTestScope();
    proxy.refusal = 403;
    const entries = [by({ url: 'https://*:*', proxies: [proxy.name, '127.0.0.1:1'] })];
    const args = { url: 'https://svc.example/' };
    await expect(request(scope, { ...args, proxy: proxy.name }, { entries })).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining('refuses a connection to svc.example:443: 403'),
    });
    await expect(request(scope, { ...args, proxy: '127.0.0.1:1' }, { entries })).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining('the proxy 127.0.0.1:1: ECONNREFUSED'),
    });
  });

  test('ends at once when the step is cancelled', async () => {
    await using server = await serve(() => stop.abort());
    const stop = new AbortController();
    await using scope = makeTestScope({ signal: stop.signal });
    const args = { url: `http://svc.example:${server.port}/`, proxy: proxy.name };
    await expect(request(scope, args, { entries: [by()] })).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('the proxies of an entry', () => {
  test.each(['*:3128', 'proxy.example', 'http://proxy.example:3128', '*.example:3128', 'proxy.example:*'])(
    'are not %j: each is one host and one port',
    (name) => {
      expect(parseNetEntry({ url: 'https://a.example', proxies: [name] })).toMatchObject({
        problem: expect.stringContaining('`proxies`'),
      });
    },
  );

  test('are never what is merely requested: the operator writes them out', () => {
    const entry = { url: 'https://a.example', proxies: ['proxy.example:3128'], private: true };
    expect(netCapability.requested?.(entry)).toEqual({ url: 'https://a.example' });
    const manifest = { net: [entry] };
    const grant = testGrant({ manifest, policy: 'version: 1\nrules: [{ plugin: "*", allow: requested }]' });
    expect(JSON.stringify(grant.capabilities.get('net')?.layers.at(-1)?.rules)).toContain('"proxies":[]');
  });
});
