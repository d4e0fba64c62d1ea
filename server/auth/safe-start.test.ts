import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyHasher } from './key-hash.ts';
import { issueKey, revokeKey } from './keys.ts';
import { assertSafeToStart } from './safe-start.ts';
import { type AuthTestParts, openAuthParts } from './testing/auth-parts.ts';

let parts: AuthTestParts;

beforeEach(async () => {
  parts = await openAuthParts();
});

afterEach(async () => {
  await parts[Symbol.asyncDispose]();
});

const names: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  'this-machine': ['127.0.1.1'],
  'both-ways': ['127.0.0.1', '192.0.2.1'],
  'other.example': ['192.0.2.1'],
  '127.1': ['127.0.0.1'],
  '0': ['0.0.0.0'],
  nowhere: [],
};

const start = (config: Parameters<typeof assertSafeToStart>[0]) =>
  assertSafeToStart(config, parts.records, {
    now: () => parts.clock.now(),
    async lookup(name) {
      const addresses = names[name];
      if (addresses === undefined) throw new Error('ENOTFOUND');
      return addresses.map((address) => ({ address }));
    },
  });

const tools = () => ({ keys: parts.records.keys, hasher: createKeyHasher(), now: () => parts.clock.now() });
const refused = { error: { code: 'USAGE', remedy: expect.stringContaining('API_KEY') } };
const apiKey = 'e2f1d0c9b8a7968574635241302f1e0d';

describe('starting a server without any key', () => {
  it.each(['127.0.0.1', '127.255.0.3', '::1', '[::1]', '::ffff:127.0.0.1', 'localhost', 'this-machine', '127.1'])(
    'is for this machine alone at %s, and says so',
    async (host) => {
      expect((await start({ host })).warnings).toEqual([expect.stringContaining('every program on this machine')]);
    },
  );

  it('says where keys are all over, since they open it to nobody', async () => {
    await issueKey({ name: 'first', tenant: 'default', role: 'admin', lifetimeMs: 1_000 }, tools());
    expect((await start({ host: '127.0.0.1' })).warnings).toEqual([]);
    parts.clock.advance(1_000);
    expect((await start({ host: '127.0.0.1' })).warnings).toEqual([expect.stringContaining('waterflow keys new')]);
  });

  it.each([
    '0.0.0.0',
    '::',
    '[::]',
    '::ffff:0.0.0.0',
    '::ffff:192.0.2.1',
    '192.168.1.5',
    'fe80::1',
    '',
    '0',
    'both-ways',
    'other.example',
    'nowhere',
  ])('is refused at %j', async (host) => {
    await expect(start({ host })).rejects.toMatchObject(refused);
  });

  it('is refused where API_KEY is set to nothing', async () => {
    await expect(start({ host: '0.0.0.0', apiKey: '' })).rejects.toMatchObject(refused);
  });

  it('is refused at a name without an address', async () => {
    await expect(start({ host: 'unknown' })).rejects.toMatchObject({
      error: { code: 'USAGE', message: 'the name unknown of HOST has no address' },
    });
  });
});

describe('starting a server that others can reach', () => {
  it('needs API_KEY, and warns of one that is easily guessed', async () => {
    expect(await start({ host: '0.0.0.0', apiKey })).toEqual({ warnings: [] });
    expect((await start({ host: '0.0.0.0', apiKey: 'secret' })).warnings).toHaveLength(1);
  });

  it('or tokens', async () => {
    const jwt = { issuer: 'i', audience: 'a', clockSkewSeconds: 0, tenantClaim: 't', roleClaim: 'r' };
    expect(await start({ host: '::', jwt: { ...jwt, jwks: { url: 'https://issuer.example' } } })).toEqual({
      warnings: [],
    });
  });

  it('or a key that is valid', async () => {
    const { row } = await issueKey({ name: 'first', tenant: 'default', role: 'admin', lifetimeMs: 1_000 }, tools());
    expect(await start({ host: '0.0.0.0' })).toEqual({ warnings: [] });
    parts.clock.advance(1_000);
    await expect(start({ host: '0.0.0.0' })).rejects.toMatchObject(refused);
    const { row: other } = await issueKey({ name: 'second', tenant: 'default', role: 'admin' }, tools());
    expect(other.id).not.toBe(row.id);
    await revokeKey(other, tools());
    await expect(start({ host: '0.0.0.0' })).rejects.toMatchObject(refused);
  });
});
