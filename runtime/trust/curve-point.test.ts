import { describe, expect, it } from 'vitest';
import { isSignersPoint } from './curve-point.ts';
import { createSigningKey, readPublicKey } from './keys.ts';

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

describe('the points of Edwards25519', () => {
  it('are those of keys', () => {
    // RFC 8032, section 7.1, tests 1 and 2.
    const known = ['d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'];
    known.push('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
    for (const hex of known) expect(isSignersPoint(bytesOf(hex))).toBe(true);
    for (let made = 0; made < 20; made += 1) {
      const { text } = createSigningKey().publicKey;
      expect(readPublicKey(text).text).toBe(text);
    }
  });

  it.each([
    ['the neutral one', `01${'00'.repeat(31)}`],
    ['the one of order 2', `ec${'ff'.repeat(30)}7f`],
    ['one of order 4', '00'.repeat(32)],
    ['the other of order 4', `${'00'.repeat(31)}80`],
    ['one of order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['another of order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'],
    ['the neutral one, written with its prime more', `ee${'ff'.repeat(30)}7f`],
    ['no point at all', `02${'00'.repeat(31)}`],
  ])('are not %s: anybody could sign for it, or nobody', (_what, hex) => {
    expect(isSignersPoint(bytesOf(hex))).toBe(false);
    const text = `ed25519:${Buffer.from(hex, 'hex').toString('base64')}`;
    expect(() => readPublicKey(text)).toThrow('no signer');
  });
});
