import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { forge, makeIssuer, type TestIssuer } from '../testing/tokens.ts';
import type { KeySet } from './key-set.ts';
import { createKeySetFile } from './key-set-file.ts';
import { createKeySetUrl, type KeySetFetch } from './key-set-url.ts';
import { createTokenCheck } from './token-check.ts';

let folder: string;
let first: TestIssuer;
let second: TestIssuer;
const config = { issuer: 'i', audience: 'a', clockSkewSeconds: 0, tenantClaim: 'tenant', roleClaim: 'role' };
const claims = { iss: 'i', aud: 'a', sub: 'alice', tenant: 'acme', role: 'viewer', exp: 4_102_444_800 };
const start = Date.UTC(2030, 0, 1);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waterflow-jwks-'));
  first = await makeIssuer({ kid: 'first' });
  second = await makeIssuer({ kid: 'second' });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const check = (keySet: KeySet, clock = { now: () => start }) => createTokenCheck(config, { keySet, clock });
const jwks = (...issuers: readonly TestIssuer[]) => JSON.stringify({ keys: issuers.map(({ publicJwk }) => publicJwk) });
const away = { error: { code: 'SERVER_UNAVAILABLE' } };
const refused = { error: { code: 'UNAUTHENTICATED' } };

describe('a JWKS file', () => {
  it('holds as it is now: keys that come, that go, and that go all', async () => {
    const file = join(folder, 'jwks.json') as AbsolutePath; // The folder's path is absolute.
    const tokenOf = check(createKeySetFile(file));
    const [ofFirst, ofSecond] = [await first.sign(claims), await second.sign(claims)];
    await expect(tokenOf(ofFirst)).rejects.toMatchObject(away);
    writeFileSync(file, jwks(first));
    expect(await tokenOf(ofFirst)).toMatchObject({ id: 'alice' });
    await expect(tokenOf(ofSecond)).rejects.toMatchObject(refused);
    writeFileSync(file, jwks(second));
    expect(await tokenOf(ofSecond)).toMatchObject({ id: 'alice' });
    await expect(tokenOf(ofFirst)).rejects.toMatchObject(refused);
    writeFileSync(file, jwks(second).slice(0, 40));
    await expect(tokenOf(ofSecond)).rejects.toMatchObject(away);
    writeFileSync(file, jwks(second));
    expect(await tokenOf(ofSecond)).toMatchObject({ id: 'alice' });
    unlinkSync(file);
    await expect(tokenOf(ofSecond)).rejects.toMatchObject(away);
  });

  it.each<[string, string]>([
    ['no keys', '{}'],
    ['keys that are no list', '{"keys":{}}'],
    ['a key that is none', '{"keys":[null]}'],
    ['a list', '[]'],
    ['no JSON', 'keys'],
    ['more than 1 MiB', `{"keys":[],"x":"${'a'.repeat(1024 * 1024)}"}`],
  ])('with %s lets nobody in', async (_, text) => {
    const file = join(folder, 'broken.json') as AbsolutePath;
    writeFileSync(file, text);
    await expect(check(createKeySetFile(file))(await first.sign(claims))).rejects.toMatchObject(away);
  });

  it('that is a folder lets nobody in', async () => {
    const file = join(folder, 'folder.json') as AbsolutePath;
    mkdirSync(file);
    await expect(check(createKeySetFile(file))(await first.sign(claims))).rejects.toMatchObject(away);
  });

  it('with a private key in it takes that key for none', async () => {
    const file = join(folder, 'private.json') as AbsolutePath;
    writeFileSync(file, JSON.stringify({ keys: [{ ...first.publicJwk, d: 'AAAA' }, second.publicJwk] }));
    const tokenOf = check(createKeySetFile(file));
    await expect(tokenOf(await first.sign(claims))).rejects.toMatchObject(refused);
    expect(await tokenOf(await second.sign(claims))).toMatchObject({ id: 'alice' });
  });
});

describe('a JWKS at a URL', () => {
  function atUrl(answer: () => string | Promise<string>) {
    const asked: Parameters<KeySetFetch>[] = [];
    let now = start;
    const clock = { now: () => now };
    const warnings: unknown[] = [];
    const log = { warn: (...line: unknown[]) => void warnings.push(line) } as never; // All that is called of it.
    const fetch: KeySetFetch = async (...request) => {
      asked.push(request);
      return answer();
    };
    const keySet = createKeySetUrl(
      { url: new URL('https://issuer.example/jwks'), allowPrivate: false },
      { fetch, clock, log },
    );
    return { tokenOf: check(keySet, clock), asked, warnings, advance: (ms: number) => void (now += ms) };
  }

  it('is fetched once for many tokens, within bounds', async () => {
    const { tokenOf, asked } = atUrl(() => jwks(first));
    const token = await first.sign(claims);
    await Promise.all(Array.from({ length: 20 }, () => tokenOf(token)));
    await tokenOf(token);
    expect(asked).toEqual([
      [new URL('https://issuer.example/jwks'), { allowPrivate: false, mostBytes: 1024 * 1024, timeoutMs: 5_000 }],
    ]);
  });

  it('is fetched again for a key that it does not have, but at most every 30 s', async () => {
    let answer = jwks(first);
    const { tokenOf, asked, advance } = atUrl(() => answer);
    await tokenOf(await first.sign(claims));
    answer = jwks(first, second);
    for (let flood = 0; flood < 50; flood += 1) {
      await expect(tokenOf(forge({ alg: 'ES256', kid: `made-up-${flood}` }, claims, 'x'))).rejects.toMatchObject(
        refused,
      );
    }
    expect(asked).toHaveLength(1);
    advance(30_000);
    expect(await tokenOf(await second.sign(claims))).toMatchObject({ id: 'alice' });
    expect(asked).toHaveLength(2);
  });

  it('is fetched again after ten minutes, and then holds as it is then', async () => {
    let answer = jwks(first);
    const { tokenOf, asked, advance } = atUrl(() => answer);
    const token = await first.sign(claims);
    await tokenOf(token);
    answer = jwks(second);
    advance(10 * 60_000);
    await expect(tokenOf(token)).rejects.toMatchObject(refused);
    expect(asked).toHaveLength(2);
  });

  it('goes on to hold for an hour where it cannot be fetched, and is asked for every 30 s', async () => {
    let isAway = false;
    const { tokenOf, asked, warnings, advance } = atUrl(() => {
      if (isAway) throw new Error('connect ECONNREFUSED');
      return jwks(first);
    });
    const token = await first.sign(claims);
    await tokenOf(token);
    isAway = true;
    advance(59 * 60_000);
    await tokenOf(token);
    await tokenOf(token);
    expect(asked).toHaveLength(2);
    expect(warnings).toHaveLength(1);
    advance(2 * 60_000);
    await expect(tokenOf(token)).rejects.toMatchObject(away);
    isAway = false;
    await expect(tokenOf(token)).rejects.toMatchObject(away);
    advance(30_000);
    expect(await tokenOf(token)).toMatchObject({ id: 'alice' });
  });

  it('lets nobody in before it was ever fetched', async () => {
    const { tokenOf } = atUrl(() => '<html>');
    await expect(tokenOf(await first.sign(claims))).rejects.toMatchObject(away);
  });
});
