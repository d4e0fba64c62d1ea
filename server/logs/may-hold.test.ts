import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainLines } from '../../schemas/index.ts';
import { patternFor } from './may-hold.ts';

/** What escape sequences are made of, and what is hidden, doubled or changed by what shows a text. */
const pieces = ['\u001b', '[', ']', '3', ';', 'm', '\u0007', '\\', '\t', ' ', '\n', '\r', 'a', 'B', 'i', 'k', '?', '/'];
const rare = [
  '\u0130',
  '\u212a',
  '\u200d',
  '\ufe0f',
  '\u{1f469}',
  '\u00e9',
  '\u202e',
  '\u001b[1;32m',
  '\u001b]0;title\u0007',
];
const texts = (most: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...pieces, ...rare), { maxLength: most }).map((parts) => parts.join(''));
const shown = (text: string): string => plainLines(text).toLowerCase();

describe('the pattern for a text', () => {
  it('is found wherever the text is shown', () => {
    fc.assert(
      fc.property(texts(12), texts(30), fc.nat(), fc.integer({ min: 1, max: 6 }), (before, text, from, length) => {
        const all = shown(`${before}${text}`);
        const start = all.length === 0 ? 0 : from % all.length;
        const search = all.slice(start, start + length);
        fc.pre(/^[\u0020-\u007e]+$/u.test(search));
        expect(patternFor(search.toUpperCase())?.test(`${before}${text}`)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['needle', 'n\u001b[1;31mee\u001b[0mdle'],
    ['a    b', 'A\t\u001b[32mb'],
    ['title', '\u001b]0;a title\u0007\u001b[1mti\u001bMtle'],
    ['100%', '10\u200b0%'],
  ])('%s is in %j', (search, text) => {
    expect(patternFor(search)?.test(text)).toBe(true);
  });

  it.each([
    ['needle', 'nee dle'],
    ['needle', 'nee\ndle'],
    ['needle', 'n\u001b]0;eedle\u0007'],
    ['a b', 'a\u001b[ b'],
  ])('%s is not in %j', (search, text) => {
    expect(patternFor(search)?.test(text)).toBe(false);
  });

  it.each(['\u001b', '\u001b[', '\u001b]a', '\u001b[1;m', '\t', 'a', 'a\u001b', 'a '])(
    'looks through a long row of %j',
    (piece) => {
      const row = piece.repeat(20_000);
      for (const search of ['aaaaaaaab', 'a      b', ';;;;;;;;b']) expect(patternFor(search)?.test(row)).toBe(false);
    },
  );

  it('there is none for what is not ASCII', () => {
    expect([patternFor('中'), patternFor('')]).toEqual([undefined, undefined]);
  });
});
