import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeyCheck } from './key-check.ts';
import { createKeyHasher, type KeyHasher } from './key-hash.ts';
import { newKeyText } from './key-text.ts';
import { type IssuedKey, issueKey, revokeKey, rotateKey } from './keys.ts';
import { type AuthTestParts, openAuthParts } from './testing/auth-parts.ts';

let parts: AuthTestParts;
let checks: string[];
let hasher: KeyHasher;
let issued: IssuedKey;

const tools = () => ({ keys: parts.records.keys, hasher, now: () => parts.clock.now() });
const keyCheck = () => createKeyCheck({ keys: parts.records.keys, hasher, clock: parts.clock, log: parts.log });
const refusal = (message: RegExp) => ({ error: { code: 'UNAUTHENTICATED', message: expect.stringMatching(message) } });

beforeEach(async () => {
  parts = await openAuthParts();
  checks = [];
  const real = createKeyHasher();
  hasher = {
    ...real,
    matches(text, hash) {
      checks.push(hash);
      return real.matches(text, hash);
    },
  };
  issued = await issueKey({ name: 'ci', tenant: 'acme', role: 'operator' }, tools());
});

afterEach(async () => {
  await parts[Symbol.asyncDispose]();
});

describe('checking an API key', () => {
  it('says whose it is', async () => {
    expect(issued.text).toMatch(/^wf_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}$/u);
    expect(JSON.stringify(await parts.records.keys.list())).not.toContain(issued.text.slice(12));
    expect(await keyCheck()(issued.text)).toEqual({
      id: issued.row.id,
      name: 'ci',
      tenant: 'acme',
      role: 'operator',
      by: 'api-key',
    });
  });

  it('hashes a key that comes again and again once, also where many come at once', async () => {
    const check = keyCheck();
    await Promise.all(Array.from({ length: 20 }, () => check(issued.text)));
    await check(issued.text);
    expect(checks).toHaveLength(1);
    parts.clock.advance(5 * 60_000);
    await check(issued.text);
    expect(checks).toHaveLength(2);
  });

  it('never remembers a wrong key, and tells it in the words for an unknown one', async () => {
    const check = keyCheck();
    const wrong = `${issued.text.slice(0, -1)}${issued.text.endsWith('a') ? 'b' : 'a'}`;
    for (const text of [wrong, newKeyText().text, wrong]) {
      await expect(check(text)).rejects.toMatchObject(refusal(/^the API key is wrong$/u));
    }
    expect(checks).toEqual([issued.row.hash, hasher.ofNoKey, issued.row.hash]);
  });

  it('refuses a revoked key at once, also one that was just used and was revoked by another process', async () => {
    const check = keyCheck();
    await check(issued.text);
    await revokeKey(issued.row, tools());
    await expect(check(issued.text)).rejects.toMatchObject(refusal(/is revoked$/u));
  });

  it('says that a key is revoked or expired only to who has it', async () => {
    await revokeKey(issued.row, tools());
    await expect(keyCheck()(`wf_${issued.row.prefix}_${'a'.repeat(43)}`)).rejects.toMatchObject(refusal(/is wrong$/u));
  });

  it('refuses a key from the moment on at which it expires', async () => {
    const short = await issueKey({ name: 'short', tenant: 'acme', role: 'viewer', lifetimeMs: 1_000 }, tools());
    const check = keyCheck();
    parts.clock.advance(999);
    expect(await check(short.text)).toMatchObject({ name: 'short' });
    parts.clock.advance(1);
    await expect(check(short.text)).rejects.toMatchObject(refusal(/expired at 2030-01-01T00:00:01.000Z$/u));
  });

  it('tells apart keys whose prefix is the same by accident', async () => {
    const other = `wf_${issued.row.prefix}_${'x'.repeat(43)}`;
    await parts.records.keys.add({ ...issued.row, id: 'key_other', tenant: 'other', hash: await hasher.hash(other) });
    const check = keyCheck();
    expect(await check(other)).toMatchObject({ id: 'key_other', tenant: 'other' });
    expect(await check(issued.text)).toMatchObject({ id: issued.row.id, tenant: 'acme' });
    expect(await check(other)).toMatchObject({ tenant: 'other' });
  });

  it('writes when a key was last used at most once a minute', async () => {
    const update = vi.spyOn(parts.records.keys, 'update');
    const check = keyCheck();
    const lastUsed = async () => (await parts.records.keys.list())[0]?.last_used_at;
    await check(issued.text);
    await vi.waitFor(async () => expect(await lastUsed()).toBe(parts.clock.now()));
    for (let request = 0; request < 10; request += 1) await check(issued.text);
    parts.clock.advance(59_999);
    await check(issued.text);
    expect(update).toHaveBeenCalledTimes(1);
    parts.clock.advance(1);
    await check(issued.text);
    await vi.waitFor(async () => expect(await lastUsed()).toBe(parts.clock.now()));
    expect(update).toHaveBeenCalledTimes(2);
  });

  it('goes on where the last use cannot be written', async () => {
    vi.spyOn(parts.records.keys, 'update').mockRejectedValue(new Error('disk'));
    expect(await keyCheck()(issued.text)).toMatchObject({ name: 'ci' });
  });

  it.each([
    ['a confusable letter in the prefix', (text: string) => text.replace(/^wf_./u, 'wf_а')],
    ['full-width letters', (text: string) => text.replace('wf_', 'ｗｆ_')],
    ['a zero-width space', (text: string) => `${text}\u200b`],
    ['a line after it', (text: string) => `${text}\n`],
    ['another scheme', (text: string) => text.replace('wf_', 'WF_')],
    ['a short secret', (text: string) => text.slice(0, 40)],
    ['a long secret', (text: string) => text + 'a'.repeat(22)],
    ['a wildcard', (text: string) => text.replace(/^wf_.{8}/u, 'wf_%%%%%%%%')],
  ])('takes no text with %s for a key, and looks nothing up', async (_, change) => {
    const lookUp = vi.spyOn(parts.records.keys, 'byPrefix');
    await expect(keyCheck()(change(issued.text))).rejects.toMatchObject(refusal(/neither an API key nor a token/u));
    expect(lookUp).not.toHaveBeenCalled();
  });
});

describe('rotating a key', () => {
  it('leaves the old key its grace, and gives the new one the same name, role, tenant and lifetime', async () => {
    const short = await issueKey({ name: 'short', tenant: 'acme', role: 'agent', lifetimeMs: 10_000_000 }, tools());
    parts.clock.advance(1_000);
    const rotated = await rotateKey(short.row, { graceMs: 5_000 }, tools());
    const check = keyCheck();
    expect(await check(rotated.text)).toMatchObject({ name: 'short', tenant: 'acme', role: 'agent' });
    expect(await check(short.text)).toMatchObject({ id: short.row.id });
    expect(rotated.row.expires_at).toBe(parts.clock.now() + 10_000_000);
    parts.clock.advance(5_000);
    await expect(check(short.text)).rejects.toMatchObject(refusal(/expired/u));
    expect(await check(rotated.text)).toMatchObject({ id: rotated.row.id });
  });

  it('again while it is in its grace gives one that is good for as long as the one before, not for what the grace leaves', async () => {
    const again = async ({ row }: IssuedKey) => {
      parts.clock.advance(1_000);
      const { keys } = parts.records;
      const now = (await keys.list()).find(({ id }) => id === row.id);
      return (await rotateKey(now ?? row, { graceMs: 5_000 }, tools())).row;
    };
    await again(issued);
    expect((await again(issued)).expires_at).toBeUndefined();
    const short = await issueKey({ name: 'short', tenant: 'acme', role: 'viewer', lifetimeMs: 10_000_000 }, tools());
    await again(short);
    expect((await again(short)).expires_at).toBe(parts.clock.now() + 10_000_000);
  });

  it('never lengthens the life of the old key', async () => {
    const short = await issueKey({ name: 'short', tenant: 'acme', role: 'viewer', lifetimeMs: 1_000 }, tools());
    expect((await rotateKey(short.row, { graceMs: 5_000 }, tools())).old.expires_at).toBe(short.row.expires_at);
  });

  it('refuses a key that is over', async () => {
    const revoked = await revokeKey(issued.row, tools());
    await expect(rotateKey(revoked, { graceMs: 0 }, tools())).rejects.toMatchObject({ error: { code: 'CONFLICT' } });
  });
});

describe('revoking a key', () => {
  it('keeps the time of the first revocation', async () => {
    const revoked = await revokeKey(issued.row, tools());
    parts.clock.advance(1_000);
    expect(await revokeKey(revoked, tools())).toEqual(revoked);
  });
});
