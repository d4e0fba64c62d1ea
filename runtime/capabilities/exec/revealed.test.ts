import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSecretVault } from '../secret-vault.ts';
import { escapedForJson, revealer } from './revealed.ts';

const hostile = '"}, \\ \n "other": "${x}" $& \u2028 \u007f';

function vaultWith(secrets: Readonly<Record<string, string>>): ReturnType<typeof createSecretVault> {
  let count = 0;
  return createSecretVault({ secrets, random: { bytes: (length) => new Uint8Array(length).fill((count += 1)) } });
}

describe('values that are put into a file of JSON', () => {
  test('stay within their strings, whatever they hold', () => {
    const secrets = vaultWith({ A: hostile, B: 'plain' });
    const [a = '', b = ''] = ['A', 'B'].map((name) => secrets.placeholder(name));
    const own = revealer({ secrets: [['*']] }, { secrets });
    const text = JSON.stringify({ [`key ${b}`]: `${a}|${b}|${a}` });
    expect(JSON.parse(own.reveal(text, 'json'))).toEqual({ 'key plain': `${hostile}|plain|${hostile}` });
    expect(own.used().toSorted()).toEqual(['A', 'B']);
    expect(own.reveal(a)).toBe(hostile);
  });

  test('stay out where a rule does not name them', () => {
    const secrets = vaultWith({ A: hostile, B: 'plain' });
    const [a = '', b = ''] = ['A', 'B'].map((name) => secrets.placeholder(name));
    const own = revealer({ secrets: [['*'], ['B']] }, { secrets });
    expect(own.reveal(`["${a}", "${b}"]`, 'json')).toBe(`["${a}", "plain"]`);
    expect(own.used()).toEqual(['B']);
  });

  test('are not looked at again, though they look like the placeholder of another', () => {
    const first = vaultWith({ A: '', B: 'b' });
    first.placeholder('A');
    const secrets = vaultWith({ A: first.placeholder('B') ?? '', B: 'b' });
    const [a = '', b = ''] = ['A', 'B'].map((name) => secrets.placeholder(name));
    expect(revealer({ secrets: [['*']] }, { secrets }).reveal(`${a} ${b}`, 'json')).toBe(`${b} b`);
  });

  test('have nothing in them that YAML takes for a line break or for no text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapedForJson(text);
        expect(JSON.parse(`"${escaped}"`)).toBe(text);
        expect(escaped).not.toMatch(/[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u);
      }),
    );
  });
});
