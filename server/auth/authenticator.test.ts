import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthenticator } from './authenticator.ts';
import type { RequestHeaders } from './credentials.ts';
import { createKeyHasher } from './key-hash.ts';
import { newKeyText } from './key-text.ts';
import { issueKey } from './keys.ts';
import { type AuthTestParts, openAuthParts } from './testing/auth-parts.ts';

let parts: AuthTestParts;
const apiKey = 'e2f1d0c9b8a7968574635241302f1e0d';

beforeEach(async () => {
  parts = await openAuthParts();
});

afterEach(async () => {
  await parts[Symbol.asyncDispose]();
});

type Config = Parameters<typeof createAuthenticator>[0]['config'];

function authenticator(config: Partial<Config>) {
  return createAuthenticator({ ...parts, config: { host: '127.0.0.1', corsOrigins: [], ...config } });
}

async function newKey(role: 'operator' | 'agent'): Promise<string> {
  const tools = { keys: parts.records.keys, hasher: createKeyHasher(), now: () => parts.clock.now() };
  return (await issueKey({ name: role, tenant: 'acme', role }, tools)).text;
}

const code = (expected: 'UNAUTHENTICATED' | 'FORBIDDEN') => ({ error: { code: expected, remedy: expect.any(String) } });

describe('API_KEY', () => {
  it.each<[string, RequestHeaders]>([
    ['Authorization', { authorization: `Bearer ${apiKey}` }],
    ['Authorization, as headersDistinct has it', { authorization: [`bearer  ${apiKey}`] }],
    ['X-API-Key', { 'x-api-key': apiKey }],
    ['both, where they agree', { authorization: `Bearer ${apiKey}`, 'x-api-key': apiKey }],
  ])('is the admin of tenant default, by %s', async (_, headers) => {
    expect(await authenticator({ apiKey })(headers, '203.0.113.7')).toEqual({
      id: 'configured-key',
      name: 'API_KEY',
      tenant: 'default',
      role: 'admin',
      by: 'configured-key',
    });
  });

  it.each<[string, RequestHeaders]>([
    ['nothing', {}],
    ['an empty header', { authorization: '' }],
    ['an empty key', { 'x-api-key': '' }],
    ['a scheme alone', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: `Basic ${btoa(`admin:${apiKey}`)}` }],
    ['no scheme', { authorization: apiKey }],
    ['a part of it', { 'x-api-key': apiKey.slice(0, -1) }],
    ['more than it', { 'x-api-key': `${apiKey}0` }],
    ['another case', { 'x-api-key': apiKey.toUpperCase() }],
    ['a line break and more', { authorization: `Bearer ${apiKey}\r\nX-Role: admin` }],
    ['a tab', { authorization: `Bearer\t${apiKey}` }],
    ['NUL', { 'x-api-key': `${apiKey}\0` }],
    ['two keys in one header', { 'x-api-key': `${apiKey}, ${apiKey}` }],
    ['two Authorization headers', { authorization: [`Bearer ${apiKey}`, `Bearer ${apiKey}`] }],
    ['two X-API-Key headers', { 'x-api-key': [apiKey, 'other'] }],
    ['different keys in both', { authorization: `Bearer ${apiKey}`, 'x-api-key': 'other' }],
    ['a megabyte', { 'x-api-key': 'a'.repeat(1_000_000) }],
    ['the name of a property', { 'x-api-key': '__proto__' }],
  ])('lets nobody in with %s', async (_, headers) => {
    await expect(authenticator({ apiKey })(headers, '127.0.0.1')).rejects.toMatchObject(code('UNAUTHENTICATED'));
  });

  it.each<[string, string, RegExp]>([
    ['too long', 'a'.repeat(8_193), /longer than 8192 characters/u],
    ['no visible ASCII', `${apiKey}\u00e9`, /other characters than visible ASCII/u],
  ])('is not compared with what is %s', async (_, key, message) => {
    const refused = { error: { code: 'UNAUTHENTICATED', message: expect.stringMatching(message) } };
    await expect(authenticator({ apiKey })({ 'x-api-key': key }, '::1')).rejects.toMatchObject(refused);
  });

  it('never repeats what was sent', async () => {
    const refusal = await authenticator({ apiKey })({ 'x-api-key': 'wrong-but-maybe-nearly-right' }, '::1').catch(
      String,
    );
    expect(refusal).not.toContain('nearly');
  });

  it('counts for nothing where it is empty', async () => {
    await expect(authenticator({ host: '0.0.0.0', apiKey: '' })({ 'x-api-key': '' }, '::1')).rejects.toMatchObject(
      code('UNAUTHENTICATED'),
    );
  });

  it('goes beside API keys', async () => {
    const key = await newKey('operator');
    const authenticate = authenticator({ apiKey });
    expect(await authenticate({ 'x-api-key': key }, '203.0.113.7')).toMatchObject({ tenant: 'acme', by: 'api-key' });
  });
});

describe('a server of this machine without any key', () => {
  const local: RequestHeaders = { host: '127.0.0.1:8080' };

  it.each(['127.0.0.1:8080', 'localhost:8080', 'LOCALHOST', '[::1]:8080', '127.9.9.9'])(
    'takes its programs for the admin, asked at %s',
    async (host) => {
      expect(await authenticator({})({ host }, '127.0.0.1')).toEqual({
        id: 'loopback',
        name: 'this machine',
        tenant: 'default',
        role: 'admin',
        by: 'loopback',
      });
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example:8080',
    'evil@localhost',
    'localhost:8080@evil.example',
    '127.1',
    '127.0.0.1000',
    '0.0.0.0:8080',
    '[::ffff:7f00:1]',
    'localhost, evil.example',
    'lοcalhost',
    '',
  ])('refuses the Host header %j, to which anybody may point a name', async (host) => {
    await expect(authenticator({})({ host }, '127.0.0.1')).rejects.toMatchObject(code('FORBIDDEN'));
    for (const both of [
      [host, '127.0.0.1'],
      ['127.0.0.1', host],
    ]) {
      await expect(authenticator({})({ host: both }, '127.0.0.1')).rejects.toMatchObject(code('FORBIDDEN'));
    }
  });

  it('refuses a request without a Host header', async () => {
    await expect(authenticator({})({}, '127.0.0.1')).rejects.toMatchObject(code('FORBIDDEN'));
  });

  it.each<[string, RequestHeaders]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:3000' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['another site, without Origin', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling site, without Origin', { 'sec-fetch-site': 'same-site' }],
  ])('refuses pages of %s', async (_, headers) => {
    await expect(authenticator({})({ ...local, ...headers }, '127.0.0.1')).rejects.toMatchObject(code('FORBIDDEN'));
  });

  it.each<[string, RequestHeaders]>([
    ['its own', { origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-origin' }],
    ['an origin of the configuration', { origin: 'https://console.example', 'sec-fetch-site': 'cross-site' }],
    ['an address that was typed in', { 'sec-fetch-site': 'none' }],
  ])('takes pages of %s', async (_, headers) => {
    const authenticate = authenticator({ corsOrigins: ['https://console.example'] });
    expect(await authenticate({ ...local, ...headers }, '127.0.0.1')).toMatchObject({ by: 'loopback' });
  });

  it.each(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'via'])(
    'asks for a key behind a proxy that adds %s',
    async (name) => {
      await expect(authenticator({})({ ...local, [name]: '127.0.0.1' }, '127.0.0.1')).rejects.toMatchObject(
        code('UNAUTHENTICATED'),
      );
    },
  );

  it('asks other machines for a key', async () => {
    for (const remote of ['192.0.2.1', '::ffff:192.0.2.1', 'fe80::1', '', 'localhost']) {
      await expect(authenticator({})(local, remote)).rejects.toMatchObject(code('UNAUTHENTICATED'));
    }
    expect(await authenticator({})(local, '::ffff:127.0.0.1')).toMatchObject({ by: 'loopback' });
  });

  it('checks a key that is sent all the same', async () => {
    const authenticate = authenticator({});
    await expect(authenticate({ ...local, 'x-api-key': newKeyText().text }, '::1')).rejects.toMatchObject(
      code('UNAUTHENTICATED'),
    );
  });

  it('is open where only agents have keys, and closed by the first other one, for good', async () => {
    const agent = await newKey('agent');
    const authenticate = authenticator({});
    expect(await authenticate(local, '::1')).toMatchObject({ by: 'loopback' });
    expect(await authenticate({ ...local, 'x-api-key': agent }, '::1')).toMatchObject({ role: 'agent' });
    await newKey('operator');
    const isClosed = async (): Promise<void> => {
      for (const server of [authenticate, authenticator({})]) {
        await expect(server(local, '::1')).rejects.toMatchObject(code('UNAUTHENTICATED'));
      }
    };
    await isClosed();
    for (const row of await parts.records.keys.list()) await parts.records.keys.update(row.id, { revoked_at: 1 });
    await isClosed();
  });

  it('is closed by the first key whether or not anybody asked before', async () => {
    const asked = authenticator({});
    await asked(local, '::1');
    const unasked = authenticator({});
    await newKey('operator');
    for (const server of [asked, unasked]) {
      await expect(server(local, '::1')).rejects.toMatchObject(code('UNAUTHENTICATED'));
    }
  });

  it.each([{ host: '0.0.0.0' }, { host: '::' }, { host: 'example.com' }, { host: '' }, { apiKey }])(
    'is none with %j',
    async (config) => {
      await expect(authenticator(config)(local, '127.0.0.1')).rejects.toMatchObject(code('UNAUTHENTICATED'));
    },
  );
});

describe('looking for keys by the time that it takes', () => {
  it('takes as long for a prefix that no key has as for the wrong secret of one that is there', async () => {
    const known = (await newKey('operator')).slice(0, 12);
    const authenticate = authenticator({ apiKey });
    const time = async (text: string): Promise<number> => {
      const start = performance.now();
      await authenticate({ 'x-api-key': text }, '203.0.113.7').catch(() => undefined);
      return performance.now() - start;
    };
    const samples = { known: [] as number[], unknown: [] as number[] };
    for (let sample = 0; sample < 15; sample += 1) {
      samples.known.push(await time(`${known}${newKeyText().text.slice(12)}`));
      samples.unknown.push(await time(newKeyText().text));
    }
    const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[7] ?? Number.NaN;
    const ratio = median(samples.unknown) / median(samples.known);
    // Without the hash of no key it would be a hundredth.
    expect(ratio).toBeGreaterThan(0.4);
    expect(ratio).toBeLessThan(2.5);
    expect(median(samples.unknown)).toBeGreaterThan(5);
  });
});
