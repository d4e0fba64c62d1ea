import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, WaterflowFailure } from '../../schemas/index.ts';
import { manifestText, testFolder } from '../manifest/testing/folder.ts';
import { type OpenedPackage, openPackage, packFolder } from '../packages/index.ts';
import { packedFrom } from '../packages/testing/tarballs.ts';
import {
  canonicalJson,
  createSigningKey,
  describeSignature,
  judgeSignatures,
  privateKeyText,
  readPublicKey,
  readSignatures,
  readSigningKey,
  readTrustPolicy,
  type SignatureDocument,
  type SigningKey,
  signaturesText,
  signJson,
  signPackage,
  type TrustPolicy,
  verifyJson,
  verifyPackage,
} from './index.ts';

const now = Date.UTC(2026, 5, 1);
const alice = createSigningKey();
const bob = createSigningKey();
const mallory = createSigningKey();
const refusal = (code: string, message = ''): object =>
  expect.objectContaining({ error: expect.objectContaining({ code, message: expect.stringContaining(message) }) });

async function packageWith(files: Readonly<Record<string, string>> = {}): Promise<OpenedPackage> {
  const folder = testFolder({ 'plugin.yaml': manifestText(), 'index.ts': 'export default () => ({});\n', ...files });
  return await openPackage((await packFolder(folder, { provenance: packedFrom })).bytes);
}

const opened = await packageWith();

interface Trusted {
  readonly key: SigningKey;
  readonly name?: string;
  readonly plugins?: string;
  readonly times?: string;
}

function trustText(keys: readonly Trusted[], ...lines: readonly string[]): string {
  const entries = keys.map(
    ({ key, name = 'alice', plugins = 'acme-*', times = '' }) =>
      `  - { name: ${name}, key: "${key.publicKey.text}", plugins: ["${plugins}"]${times} }`,
  );
  return ['version: 1', 'keys:', ...entries, ...lines, ''].join('\n');
}

function trusting(keys: readonly Trusted[], ...lines: readonly string[]): TrustPolicy {
  const read = readTrustPolicy(trustText(keys, ...lines), 'trust.yaml');
  if ('errors' in read) throw new TypeError(read.errors[0]?.message);
  return read.trust;
}

function signedBy(...keys: readonly SigningKey[]): SignatureDocument {
  let document: SignatureDocument | undefined;
  for (const key of keys) document = signPackage(opened, key, document);
  if (document === undefined) throw new TypeError('nobody signs');
  return document;
}

/** The document with one thing changed. */
function edited(change: (document: SignatureDocument) => void): SignatureDocument {
  const document = structuredClone(signedBy(alice));
  change(document);
  return document;
}

const signersOf = (document: SignatureDocument, trust: TrustPolicy): readonly string[] =>
  verifyPackage(opened, document, trust, { now }).signers.map(({ name }) => name);

describe('a signed package', () => {
  it('is good where the policy trusts who signed it', () => {
    expect(verifyPackage(opened, signedBy(alice), trusting([{ key: alice }]), { now })).toEqual({
      signatures: [{ key: alice.publicKey.id, name: 'alice', state: 'good' }],
      signers: [{ name: 'alice', keys: [alice.publicKey.id] }],
      needed: 1,
    });
  });

  it('is as good with signatures of others beside', () => {
    expect(signersOf(signedBy(mallory, alice), trusting([{ key: alice }]))).toEqual(['alice']);
  });

  it('needs as many signers as the highest threshold for it says', () => {
    const both = [{ key: alice }, { key: bob, name: 'bob' }];
    const trust = trusting(
      both,
      'thresholds:',
      '  - { plugins: ["*"], signers: 1 }',
      '  - { plugins: [acme-tool], signers: 2 }',
      '  - { plugins: [other], signers: 2 }',
    );
    expect(signersOf(signedBy(alice, bob), trust)).toEqual(['alice', 'bob']);
    expect(() => signersOf(signedBy(alice), trust)).toThrow(refusal('SIGNATURE_THRESHOLD', '1 of 2'));
    expect(() => signersOf(signedBy(alice, mallory), trust)).toThrow(
      refusal('SIGNATURE_THRESHOLD', 'not in the trust'),
    );
  });

  it('is signed once by a signer who has two keys, so that keys can be exchanged', () => {
    const keys = [{ key: alice }, { key: bob, name: 'alice' }, { key: mallory, name: 'third' }];
    expect(signersOf(signedBy(alice), trusting(keys))).toEqual(['alice']);
    expect(signersOf(signedBy(bob), trusting(keys))).toEqual(['alice']);
    const trust = trusting(keys, 'thresholds: [{ plugins: ["*"], signers: 2 }]');
    expect(() => signersOf(signedBy(alice, bob), trust)).toThrow(refusal('SIGNATURE_THRESHOLD', '1 of 2'));
  });

  const until = (time: string): string => `, not-after: "${time}"`;
  const from = (time: string): string => `, not-before: "${time}"`;
  const revoked = (what: string): string => `revoked: { ${what} }`;
  const id = alice.publicKey.id;
  it.each<[what: string, code: string, document: SignatureDocument | undefined, trust: TrustPolicy]>([
    ['no signature', 'SIGNATURE_MISSING', undefined, trusting([{ key: alice }])],
    ['a list of none', 'SIGNATURE_MISSING', { ...signedBy(alice), signatures: [] }, trusting([{ key: alice }])],
    ['a foreign signature', 'SIGNATURE_FOREIGN', signedBy(mallory), trusting([{ key: alice }])],
    ['a policy that trusts nobody', 'SIGNATURE_FOREIGN', signedBy(alice), trusting([{ key: bob }])],
    ['a key for other plugins', 'SIGNATURE_FOREIGN', signedBy(alice), trusting([{ key: alice, plugins: 'x-*' }])],
    ["another's signature", 'SIGNATURE_INVALID', stolen(), trusting([{ key: alice }])],
    [
      'a key that is over',
      'SIGNING_KEY_EXPIRED',
      signedBy(alice),
      trusting([{ key: alice, times: until('2026-06-01T00:00Z') }]),
    ],
    [
      'a key that is not valid yet',
      'SIGNING_KEY_EXPIRED',
      signedBy(alice),
      trusting([{ key: alice, times: from('2026-06-01T00:00:01Z') }]),
    ],
    [
      'a revoked key',
      'SIGNING_KEY_REVOKED',
      signedBy(alice),
      trusting([{ key: alice }], revoked(`keys: [{ id: ${id}, reason: stolen }]`)),
    ],
    [
      'a revoked digest',
      'PACKAGE_REVOKED',
      signedBy(alice),
      trusting([{ key: alice }], revoked(`packages: [{ digest: "${opened.digest}", reason: leaks }]`)),
    ],
    [
      'a swapped digest',
      'SIGNATURE_MISMATCH',
      edited((to) => (to.statement.digest = `sha256:${'0'.repeat(64)}`)),
      trusting([{ key: alice }]),
    ],
    [
      'another version',
      'SIGNATURE_MISMATCH',
      edited((to) => (to.statement.version = '1.1.0')),
      trusting([{ key: alice }]),
    ],
    [
      'another manifest',
      'PACKAGE_MANIFEST_CHANGED',
      edited((to) => (to.statement.manifest_sha256 = '0'.repeat(64))),
      trusting([{ key: alice }]),
    ],
  ])('is refused with %s', (_what, code, document, trust) => {
    expect(() => verifyPackage(opened, document, trust, { now })).toThrow(refusal(code));
  });

  it('counts between the times of a key, the first included', () => {
    const times = `${from('2026-06-01T00:00:00Z')}${until('2026-06-01T00:00:01Z')}`;
    expect(signersOf(signedBy(alice), trusting([{ key: alice, times }]))).toEqual(['alice']);
  });

  it('that was changed is not what was signed, whatever its statement says', async () => {
    const trust = trusting([{ key: alice }]);
    const asking = await packageWith({
      'plugin.yaml': manifestText('permissions: { net: [{ url: "https://a.test/**", reason: x }] }'),
    });
    expect(() => verifyPackage(asking, signedBy(alice), trust, { now })).toThrow(refusal('PACKAGE_MANIFEST_CHANGED'));
    const other = await packageWith({ 'index.ts': 'export default () => ({ evil: true });\n' });
    expect(() => verifyPackage(other, signedBy(alice), trust, { now })).toThrow(refusal('SIGNATURE_MISMATCH'));
    const forged = { ...signPackage(other, mallory, undefined), signatures: signedBy(alice).signatures };
    expect(() => verifyPackage(other, forged, trust, { now })).toThrow(refusal('SIGNATURE_INVALID'));
    expect(() => signPackage(other, alice, signedBy(bob))).toThrow(refusal('SIGNATURE_MISMATCH'));
  });

  it('says of each signature what it is worth', () => {
    const trust = trusting([{ key: alice }, { key: bob, name: 'bob', plugins: 'x' }]);
    const { signatures } = judgeSignatures(opened, signedBy(alice, bob, mallory), trust, { now });
    expect(new Map(signatures.map((signature) => [signature.key, describeSignature(signature)]))).toEqual(
      new Map([
        [id, `the signature of alice (${id}) is good`],
        [bob.publicKey.id, `the key bob (${bob.publicKey.id}) is trusted for x only`],
        [mallory.publicKey.id, `the key ${mallory.publicKey.id} is not in the trust policy`],
      ]),
    );
  });
});

/** Mallory's signature in the name of Alice's key. */
function stolen(): SignatureDocument {
  return edited((document) => {
    for (const signature of document.signatures) signature.signature = signedBy(mallory).signatures[0]?.signature ?? '';
  });
}

describe('a file of signatures', () => {
  it('is read as it was written, with one signature for each key', () => {
    const document = signedBy(alice, bob, alice);
    expect(document.signatures.map(({ key }) => key)).toEqual([alice.publicKey.id, bob.publicKey.id].sort());
    expect(readSignatures(signaturesText(document))).toEqual(document);
  });

  it.each([
    ['no JSON', '{'],
    ['another format', signaturesText(signedBy(alice)).replace('waterflow-signatures/1', 'waterflow-signatures/2')],
    ['a short signature', signaturesText(signedBy(alice)).replace(/"signature": "..../, '"signature": "')],
    ['two signatures of a key', signaturesText(edited((to) => void to.signatures.push(...to.signatures)))],
    ['more than it may be', signaturesText(signedBy(alice)).padEnd(64 * 1024 + 1)],
  ])('is refused that is or has %s', (_what, text) => {
    expect(() => readSignatures(text)).toThrow(refusal('SIGNATURE_INVALID'));
  });

  it('of any bytes changed counts for nothing', () => {
    const text = signaturesText(signedBy(alice));
    const trust = trusting([{ key: alice }]);
    const change = fc.tuple(fc.nat(text.length - 1), fc.constantFrom('a', 'A', '0', '}', '"', '+', '/', '='));
    fc.assert(
      fc.property(change, ([at, character]) => {
        const changed = `${text.slice(0, at)}${character}${text.slice(at + 1)}`;
        fc.pre(changed !== text && !/^\s$/.test(text[at] ?? ''));
        expect(() => verifyPackage(opened, readSignatures(changed), trust, { now })).toThrow(WaterflowFailure);
      }),
    );
  });
});

describe('a key', () => {
  it('is read as it was written, with a passphrase and without', () => {
    for (const passphrase of [undefined, 'correct horse']) {
      const text = privateKeyText(alice, passphrase);
      expect(readSigningKey(text, passphrase).publicKey.text).toBe(alice.publicKey.text);
    }
    expect(privateKeyText(alice, 'x')).toContain('ENCRYPTED');
    expect(readPublicKey(`${alice.publicKey.text}\n`).id).toBe(alice.publicKey.id);
    expect(alice.publicKey.id).toMatch(/^ed25519-[0-9a-f]{32}$/);
  });

  it.each([
    ['without its passphrase', privateKeyText(alice, 'right'), undefined, 'WATERFLOW_KEY_PASSPHRASE'],
    ['with a wrong passphrase', privateKeyText(alice, 'right'), 'wrong', 'another passphrase'],
    ['that is none', 'x', undefined, 'no private key'],
    ['that is a public one', alice.publicKey.text, undefined, 'no private key'],
  ])('is refused %s', (_what, text, passphrase, message) => {
    expect(() => readSigningKey(text, passphrase)).toThrow(refusal('SIGNING_KEY_INVALID', message));
  });

  it.each(['', 'ed25519:', 'ed25519:AAAA', `rsa:${'A'.repeat(43)}=`, `${alice.publicKey.text}A`])(
    'is not public that is `%s`',
    (text) => {
      expect(() => readPublicKey(text)).toThrow(refusal('SIGNING_KEY_INVALID'));
    },
  );
});

describe('signed JSON', () => {
  it('is for one purpose and one value', () => {
    const value = { b: [1, 'é', null], a: true };
    const signature = signJson('waterflow/test/1', value, alice);
    const is = (purpose: `waterflow/${string}/1`, shown: Json, key = alice): boolean =>
      verifyJson({ purpose, value: shown, signature }, key.publicKey);
    expect(is('waterflow/test/1', { a: true, b: [1, 'é', null] })).toBe(true);
    expect(is('waterflow/other/1', value)).toBe(false);
    expect(is('waterflow/test/1', { ...value, a: false })).toBe(false);
    expect(is('waterflow/test/1', value, bob)).toBe(false);
  });

  it('has one text for a value', () => {
    expect(canonicalJson({ b: 1, a: { '2': 'x"', '10': [] }, '\u{1f600}': 0, '\ufb33': 0 })).toBe(
      '{"a":{"10":[],"2":"x\\""},"b":1,"\u{1f600}":0,"\ufb33":0}',
    );
    for (const value of [0.5, 2 ** 53, Number.NaN, 'a\ud800']) expect(() => canonicalJson(value)).toThrow(TypeError);
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.integer()), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
      }),
    );
  });
});
