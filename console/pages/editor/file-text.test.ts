import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileBytes, readFileText } from './file-text.ts';

describe('a file', () => {
  it('comes back byte for byte', () => {
    const parts = fc.array(fc.constantFrom('a', '\r', '\n', '\r\n', 'ü', '\uFEFF', '🚀'), { maxLength: 12 });
    fc.assert(
      fc.property(parts, (written) => {
        const bytes = new TextEncoder().encode(written.join(''));
        const read = readFileText(bytes);
        expect(read === undefined ? undefined : fileBytes(read)).toEqual(bytes);
      }),
    );
  });

  it.each([
    ['a\r\nb\r\n', '\r\n'],
    ['a\nb\n', '\n'],
    ['a\r\nb\n', '\n'],
    ['a', '\n'],
  ])('%j has lines that end in %j', (text, lineBreak) => {
    expect(readFileText(new TextEncoder().encode(text))?.lineBreak).toBe(lineBreak);
  });

  it('that is no UTF-8 is none', () => {
    expect(readFileText(new Uint8Array([0xc3, 0x28]))).toBeUndefined();
  });
});
