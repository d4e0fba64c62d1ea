import { describe, expect, it } from 'vitest';
import type { Digest } from '../../schemas/index.ts';
import { type SelectedPlugin, selects } from './selector.ts';

const digest = `sha256:${'ab'.repeat(32)}`;

function plugin(name: string, origin: SelectedPlugin['origin']): SelectedPlugin {
  // The right form, and nobody looks behind it here.
  return { identity: { name, version: '1.0.0', digest: digest as Digest }, origin };
}

const key = `ed25519-${'0'.repeat(32)}`;

function signed(name: string, signer: string, key: string): SelectedPlugin {
  return { ...plugin(name, 'approved'), signers: [{ name: signer, keys: [key] }] };
}

describe("a rule's plugin", () => {
  it.each([
    ['built-in', plugin('http', 'built-in'), true],
    ['built-in', plugin('http', 'local'), false],
    // A plugin that calls itself like a selector is selected by its origin all the same.
    ['built-in', plugin('built-in', 'local'), false],
    ['approved', plugin('approved', 'installed'), false],
    ['approved', plugin('x', 'approved'), true],
    ['*', plugin('x', 'local'), true],
    ['acme-*', plugin('acme-tool', 'local'), true],
    ['acme-*', plugin('not-acme-tool', 'local'), false],
    ['*-t?ol', plugin('acme-tool', 'local'), true],
    ['*a*b', plugin('xaxbxb', 'local'), true],
    ['acme', plugin('acme-tool', 'local'), false],
    [digest, plugin('x', 'local'), true],
    [`sha256:${'0'.repeat(64)}`, plugin('x', 'local'), false],
    ['signer:Acme Inc.', signed('x', 'Acme Inc.', key), true],
    [`signer:${key}`, signed('x', 'Acme Inc.', key), true],
    ['signer:acme', signed('x', 'Acme Inc.', key), false],
    // A plugin can call itself anything, and is signed by nobody for that.
    ['signer:acme', plugin('signer-acme', 'installed'), false],
    ['*', signed('x', 'acme', key), true],
  ])('%s selects %o: %s', (selector, candidate, expected) => {
    expect(selects(selector, candidate)).toBe(expected);
  });
});
