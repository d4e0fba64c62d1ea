import { createHmac } from 'node:crypto';
import { type CryptoKey, exportSPKI, importJWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JwtConfig } from '../../config.ts';
import { forge, makeIssuer, type TestIssuer } from '../testing/tokens.ts';
import { readKeySet } from './key-set.ts';
import { createTokenCheck, isTokenLike } from './token-check.ts';

const now = Date.UTC(2030, 0, 1);
const seconds = now / 1000;
const config = {
  issuer: 'https://issuer.example',
  audience: 'waterflow',
  clockSkewSeconds: 30,
  tenantClaim: 'tenant',
  roleClaim: 'role',
};
const claims = {
  iss: config.issuer,
  aud: config.audience,
  sub: 'alice',
  tenant: 'acme',
  role: 'operator',
  exp: seconds + 300,
};

let issuer: TestIssuer;
let rsa: TestIssuer;

beforeAll(async () => {
  issuer = await makeIssuer();
  rsa = await makeIssuer({ algorithm: 'RS256', kid: 'rsa' });
});

function checker(keys: readonly object[], given: Partial<JwtConfig> = {}) {
  const set = readKeySet(JSON.stringify({ keys }), 'the test');
  const keySet = { current: async () => set, newer: async () => undefined };
  return createTokenCheck({ ...config, ...given }, { keySet, clock: { now: () => now } });
}

const check = (token: string) => checker([issuer.publicJwk, rsa.publicJwk])(token);
const refused = (message: RegExp) => ({ error: { code: 'UNAUTHENTICATED', message: expect.stringMatching(message) } });

describe('a token', () => {
  it('says who asks, by its subject and its claims', async () => {
    expect(await check(await issuer.sign(claims))).toEqual({
      id: 'alice',
      name: 'alice',
      tenant: 'acme',
      role: 'operator',
      by: 'jwt',
    });
  });

  it.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
    'may be signed with %s',
    async (algorithm) => {
      const other = await makeIssuer({ algorithm, kid: algorithm });
      expect(await checker([issuer.publicJwk, other.publicJwk])(await other.sign(claims))).toMatchObject({
        id: 'alice',
      });
    },
  );

  it('may be for several audiences', async () => {
    expect(await check(await issuer.sign({ ...claims, aud: ['other', 'waterflow'] }))).toMatchObject({ id: 'alice' });
  });

  it.each<[string, object, RegExp]>([
    ['of another issuer', { iss: 'https://evil.example' }, /`iss` is not the one/u],
    ['of an issuer that begins alike', { iss: 'https://issuer.example.evil' }, /`iss` is not the one/u],
    ['of no issuer', { iss: undefined }, /`iss` is missing/u],
    ['for another audience', { aud: 'other' }, /`aud` is not the one/u],
    ['for no audience', { aud: undefined }, /`aud` is missing/u],
    ['for an audience within another', { aud: 'not-waterflow' }, /`aud` is not the one/u],
    ['without an end', { exp: undefined }, /`exp` is missing/u],
    ['whose end is a text', { exp: '9999999999' }, /`exp` is not the one/u],
    ['without a subject', { sub: undefined }, /`sub` is missing/u],
    ['whose subject is no text', { sub: 7 }, /no `sub`/u],
    ['whose subject is empty', { sub: '' }, /no `sub`/u],
    ['whose subject breaks lines of a log', { sub: 'alice\n{"level":"info"}' }, /no `sub`/u],
    ['whose subject turns text around', { sub: 'alice\u202egnp' }, /no `sub`/u],
    ['whose subject is endless', { sub: 'a'.repeat(256) }, /no `sub`/u],
  ])('%s is refused', async (_, changes, message) => {
    await expect(check(await issuer.sign({ ...claims, ...changes }))).rejects.toMatchObject(refused(message));
  });

  it('holds a clock skew longer than its end, and as much earlier than its beginning', async () => {
    expect(await check(await issuer.sign({ ...claims, exp: seconds - 29 }))).toMatchObject({ id: 'alice' });
    await expect(check(await issuer.sign({ ...claims, exp: seconds - 30 }))).rejects.toMatchObject(
      refused(/has expired/u),
    );
    expect(await check(await issuer.sign({ ...claims, nbf: seconds + 30 }))).toMatchObject({ id: 'alice' });
    await expect(check(await issuer.sign({ ...claims, nbf: seconds + 31 }))).rejects.toMatchObject(refused(/`nbf`/u));
  });

  it('is known by its form, true or not', () => {
    expect(isTokenLike('a.b.c')).toBe(true);
    for (const text of ['a.b', 'a.b.c.d', 'a..c', '.b.c', 'a.b.c=', 'a.b.c\n', 'wf_AAAAAAAA_x']) {
      expect(isTokenLike(text)).toBe(false);
    }
  });
});

describe('the tenant and the role of a token', () => {
  const forbidden = (message: RegExp) => ({ error: { code: 'FORBIDDEN', message: expect.stringMatching(message) } });

  it.each<[string, object, RegExp]>([
    ['no role', { role: undefined }, /names no role/u],
    ['an unknown role', { role: 'root' }, /names no role/u],
    ['a role in another case', { role: 'Admin' }, /names no role/u],
    ['a role with a confusable letter', { role: 'аdmin' }, /names no role/u],
    ['the role of agents', { role: 'agent' }, /names no role/u],
    ['the name of a property', { role: 'constructor' }, /names no role/u],
    ['several roles', { role: ['viewer', 'admin'] }, /names several roles/u],
    ['no tenant', { tenant: undefined }, /names no tenant/u],
    ['several tenants', { tenant: ['acme', 'other'] }, /names no tenant/u],
    ['a tenant with a confusable letter', { tenant: 'аcme' }, /names no tenant/u],
    ['a tenant that is a path', { tenant: '../other' }, /names no tenant/u],
    ['all tenants', { tenant: '*' }, /of all tenants/u],
  ])('%s is FORBIDDEN', async (_, changes, message) => {
    await expect(check(await issuer.sign({ ...claims, ...changes }))).rejects.toMatchObject(forbidden(message));
  });

  it('may be all tenants where the configuration says so', async () => {
    const allowing = checker([issuer.publicJwk], { allowAllTenants: true });
    expect(await allowing(await issuer.sign({ ...claims, tenant: '*' }))).toMatchObject({ tenant: '*' });
  });

  it('are read where the configuration says, by name or by path, among groups of the issuer', async () => {
    const elsewhere = checker([issuer.publicJwk], {
      roleClaim: 'realm_access.roles',
      tenantClaim: 'https://a.example/t',
    });
    const token = await issuer.sign({
      ...claims,
      realm_access: { roles: ['offline_access', 'approver'] },
      'https://a.example/t': 'elsewhere',
    });
    expect(await elsewhere(token)).toMatchObject({ tenant: 'elsewhere', role: 'approver' });
    const inherited = checker([issuer.publicJwk], { tenantClaim: 'constructor.name' });
    await expect(inherited(token)).rejects.toMatchObject(forbidden(/names no tenant/u));
  });

  it('come with a name that nobody can take for somebody else', async () => {
    expect(await check(await issuer.sign({ ...claims, preferred_username: 'bob' }))).toMatchObject({
      name: 'bob (alice)',
    });
    expect(await check(await issuer.sign({ ...claims, email: 'b\u202eb' }))).toMatchObject({ name: 'alice' });
  });
});

describe('forged tokens', () => {
  it.each([
    'none',
    'None',
    'NONE',
    'nOnE',
    'none ',
    '',
    null,
    ['none'],
    'HS256',
    'hs256',
    'RS256 ',
    'rs256',
    '__proto__',
  ])('with alg %j are refused', async (alg) => {
    for (const signature of ['', 'x']) {
      const token = forge({ alg, typ: 'JWT' }, claims, signature);
      await expect(check(token)).rejects.toMatchObject(refused(/is not accepted|is no JWT/u));
    }
  });

  it.each(['HS256', 'HS384', 'HS512'])(
    'signed by %s with the public RSA key as the secret are refused',
    async (alg) => {
      const key = await importJWK(rsa.publicJwk, 'RS256', { extractable: true });
      const pem = await exportSPKI(key as CryptoKey);
      for (const secret of [pem, pem.trim(), JSON.stringify(rsa.publicJwk), rsa.publicJwk.n ?? '']) {
        const signed = forge({ alg, kid: 'rsa' }, claims).split('.').slice(0, 2).join('.');
        const mac = createHmac(alg.replace('HS', 'sha'), secret).update(signed).digest('base64url');
        await expect(check(`${signed}.${mac}`)).rejects.toMatchObject(refused(/algorithm is not accepted/u));
      }
    },
  );

  it('are refused also where the set of keys holds a secret', async () => {
    const secret = Buffer.from('0123456789abcdef0123456789abcdef');
    const set = checker([{ kty: 'oct', kid: 'oct', k: secret.toString('base64url') }]);
    const signed = forge({ alg: 'HS256', kid: 'oct' }, claims).split('.').slice(0, 2).join('.');
    const mac = createHmac('sha256', secret).update(signed).digest('base64url');
    await expect(set(`${signed}.${mac}`)).rejects.toMatchObject(refused(/algorithm is not accepted/u));
  });

  it('that bring their own key, or say where to get it, are checked with ours', async () => {
    const attacker = await makeIssuer({ kid: 'evil' });
    for (const header of [
      { jwk: attacker.publicJwk },
      { jku: 'https://evil.example/jwks.json' },
      { x5u: 'https://evil.example/x.pem' },
      { x5c: ['MIIB'] },
      { kid: 'first', jwk: attacker.publicJwk },
    ]) {
      await expect(check(await attacker.sign(claims, header))).rejects.toMatchObject(
        refused(/by no key of the issuer/u),
      );
    }
    const honest = await issuer.sign(claims, { jku: 'http://127.0.0.1:1/', x5u: 'file:///etc/passwd' });
    expect(await check(honest)).toMatchObject({ id: 'alice' });
  });

  it.each([
    '../../../../dev/null',
    '/dev/null',
    'file:///etc/passwd',
    "' OR 1=1 --",
    '| sleep 9',
    '',
    '\0',
    '__proto__',
  ])('whose kid is %j find no key', async (kid) => {
    await expect(check(await issuer.sign(claims, { kid }))).rejects.toMatchObject(refused(/by no key of the issuer/u));
    await expect(check(forge({ alg: 'ES256', kid }, claims))).rejects.toMatchObject(
      refused(/by no key of the issuer/u),
    );
  });

  it.each([[['exp']], [['b64']], [[]], ['exp'], [null]])('with crit %j are refused', async (crit) => {
    const token = forge({ alg: 'ES256', kid: 'first', crit, b64: false, exp: 1 }, claims, 'x');
    await expect(check(token)).rejects.toMatchObject(refused(/extensions/u));
  });

  it.each(['logout+jwt', 'secevent+jwt', 'dpop+jwt', 7, ''])('of the type %j are refused', async (typ) => {
    await expect(check(forge({ alg: 'ES256', kid: 'first', typ }, claims, 'x'))).rejects.toMatchObject(
      refused(/`typ`/u),
    );
  });

  it('with claims changed after they were signed are refused', async () => {
    const [header, , signature] = (await issuer.sign(claims)).split('.');
    const [, changed] = forge({}, { ...claims, role: 'admin' }).split('.');
    await expect(check([header, changed, signature].join('.'))).rejects.toMatchObject(refused(/by no key/u));
  });

  it('with an empty or all-zero signature are refused', async () => {
    for (const signature of [new Uint8Array(64), new Uint8Array(0), new Uint8Array(1), new Uint8Array(4096)]) {
      const token = forge({ alg: 'ES256', kid: 'first' }, claims, signature);
      await expect(check(token)).rejects.toMatchObject(refused(/by no key/u));
    }
  });

  it('with a weak RSA key are refused', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const weak = checker([{ ...publicKey.export({ format: 'jwk' }), kid: 'weak' }]);
    await expect(weak(forge({ alg: 'RS256', kid: 'weak' }, claims, 'x'))).rejects.toMatchObject(refused(/by no key/u));
  });

  it.each(['{', '[]', 'null', '7', '"ES256"', '{"alg":"ES256","alg":"none"}'])(
    'with the header %s are refused',
    async (header) => {
      await expect(check(forge(header, claims, 'x'))).rejects.toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    },
  );

  it('that say something twice are refused, however well they are signed', async () => {
    const header = '{"alg":"ES256","kid":"first"}';
    const text = JSON.stringify(claims);
    expect(await check(issuer.signTexts(header, text))).toMatchObject({ id: 'alice', role: 'operator' });
    const more = (claim: string): string => `${text.slice(0, -1)},${claim}}`;
    for (const ambiguous of ['"role":"admin"', '"r\\u006fle":"admin"', '"tenant":"other"', '"exp":9e9', '"a":1e999']) {
      await expect(check(issuer.signTexts(header, more(ambiguous)))).rejects.toMatchObject(refused(/in several ways/u));
    }
    for (const twice of ['{"alg":"none","alg":"ES256","kid":"first"}', '{"alg":"ES256","kid":"x","kid":"first"}']) {
      await expect(check(issuer.signTexts(twice, text))).rejects.toMatchObject(refused(/in several ways/u));
    }
  });

  it('whose claims are no object are refused, signed or not', async () => {
    for (const text of ['[]', 'null', '{"exp":1e999}', '{']) {
      await expect(check(forge({ alg: 'ES256', kid: 'first' }, text, 'x'))).rejects.toMatchObject(
        refused(/by no key/u),
      );
    }
  });

  it('without a kid are refused where several keys would do, and say so', async () => {
    const other = await makeIssuer({ kid: 'second' });
    const token = await issuer.sign(claims, { kid: undefined });
    expect(await check(token)).toMatchObject({ id: 'alice' });
    const several = checker([issuer.publicJwk, other.publicJwk]);
    await expect(several(token)).rejects.toMatchObject(refused(/does not say which key/u));
  });
});
