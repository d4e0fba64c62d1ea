import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyPattern } from '../../runtime/capabilities/store/rules.ts';
import { decodeKey, encodeKey, shelfOf } from './keys.ts';
import { linesOf, selectionOf } from './paths.ts';

describe('path', () => {
  it('is one, a list, or one a line, with what is left out', () => {
    expect(selectionOf('node_modules/')).toEqual({ include: ['node_modules', 'node_modules/**'], exclude: [] });
    expect(selectionOf('a b/ü\n\n  ./x/**/*.o  \n!x/tmp')).toEqual({
      include: ['a b/ü', 'a b/ü/**', 'x/**/*.o', 'x/**/*.o/**'],
      exclude: ['x/tmp'],
    });
    expect(selectionOf(['.']).include).toEqual(['**']);
    expect(linesOf(['a', ' b '])).toEqual(['a', 'b']);
  });

  it.each(['/etc', '~/.npm', '../x', 'a/../../x', '!a', ' \n'])('%j keeps nothing', (path) => {
    expect(() => selectionOf(path)).toThrow('path: ');
  });
});

describe('a key', () => {
  const selection = selectionOf('a');

  it('comes back as it was, and begins as what it begins with', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.string({ maxLength: 20 }), (one, other) => {
        const whole = (one + other).toWellFormed();
        expect(decodeKey(encodeKey(whole))).toBe(whole);
        expect(encodeKey(whole).startsWith(encodeKey(one.toWellFormed()))).toBe(true);
      }),
    );
  });

  it('is one that the store takes, of its branch and its paths alone', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '/', ':', '*', 'ü', ' ', '%', '\n'), minLength: 1, maxLength: 20 }),
        (text) => {
          const shelf = shelfOf(selection, text);
          expect(shelf.keyOf(text)).toMatch(new RegExp(keyPattern));
          expect(shelf.readKey(shelf.keyOf(text))).toBe(text);
          expect(shelf.keyOf('x').split('/')).toHaveLength(3);
        },
      ),
    );
    const stored = (path: string, branch: string): string => shelfOf(selectionOf(path), branch).keyOf('k');
    expect(new Set([stored('a', 'm'), stored('b', 'm'), stored('a', 'n'), stored('a\n!b', 'm')]).size).toBe(4);
  });

  it('that is too long is refused, not cut off', () => {
    expect(() => shelfOf(selection, 'main').keyOf('ü'.repeat(120))).toThrow('too long by');
  });
});
