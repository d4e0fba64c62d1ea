import { describe, expect, it } from 'vitest';
import { createSigningKey, readTrustPolicy } from './index.ts';

const key = createSigningKey().publicKey.text;
const entry = (more = ''): string =>
  `version: 1\nkeys:\n  - name: acme\n    key: "${key}"\n    plugins: ["acme-*"]\n${more}`;

describe('a trust policy', () => {
  it('is read with times and reasons', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const text = `${entry('    not-before: "2026-01-01T00:00:00Z"\n    not-after: "2027-01-01T00:00:00+01:00"\n')}revoked:
  keys: [{ id: ed25519-${'0'.repeat(32)}, reason: lost }]
  packages: [{ digest: "${digest}", reason: leaks }]
`;
    expect(readTrustPolicy(text, 'trust.yaml')).toMatchObject({
      trust: {
        file: 'trust.yaml',
        keys: [{ name: 'acme', text: key, plugins: ['acme-*'], notBefore: 1767225600000, notAfter: 1798758000000 }],
        thresholds: [],
        revokedKeys: new Map([[`ed25519-${'0'.repeat(32)}`, 'lost']]),
        revokedPackages: new Map([[digest, 'leaks']]),
      },
    });
  });

  it.each([
    ['an unknown key', entry('nmae: x\n'), 6, 1, 'unknown key `nmae`'],
    ['no plugins', entry().replace('    plugins: ["acme-*"]\n', ''), 3, 5, '`plugins` is missing'],
    ['a key that is none', entry().replace('ed25519:', 'ed25519:A'), 4, 10, '44 characters of base64'],
    ['a key twice', entry(`  - { name: other, key: "${key}", plugins: [x] }\n`), 6, 25, 'that of `acme` above'],
    ['a day without its offset', entry('    not-after: "2027-01-01"\n'), 6, 16, 'no time with its offset'],
    [
      'an end before its begin',
      entry('    not-before: "2027-01-01T00:00Z"\n    not-after: "2027-01-01T00:00Z"\n'),
      7,
      16,
      'not later than',
    ],
    ['too high a threshold', entry('thresholds:\n  - { plugins: [x], signers: 2 }\n'), 7, 30, '`keys` names 1'],
    [
      'a revocation without a reason',
      entry(`revoked: { keys: [{ id: ed25519-${'0'.repeat(32)} }] }\n`),
      6,
      19,
      '`reason` is missing',
    ],
    ['nothing in it', '', 1, 1, ''],
  ])('is refused with %s, and the place said', (_what, text, line, column, message) => {
    expect(readTrustPolicy(text, 'trust.yaml')).toMatchObject({
      errors: [{ code: 'TRUST_INVALID', file: 'trust.yaml', line, column, message: expect.stringContaining(message) }],
    });
  });
});
