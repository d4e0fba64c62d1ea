import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern, matchCheaply } from './pattern.ts';

describe('matchCheaply', () => {
  it.each([
    ['^v[0-9]+$', 'v12', true],
    ['^v[0-9]+$', 'x12', false],
    ['^https?://', 'http://example.com/a/long/path', true],
    [String.raw`^\d+\.\d+$`, '1.10', true],
    ['^(?:a|b)c?$', 'ac', true],
    ['[*+?{}()]', '(', true],
    [String.raw`\(\)*`, '()', true],
  ])('matches %s with %s', (pattern, text, expected) => {
    expect(matchCheaply(pattern, text)).toBe(expected);
  });

  it.each([
    ['a repeated repetition', '^(a+)+$', 'a'],
    ['a repeated choice', '^(a|a)*$', 'a'],
    ['a counted group', '^(a|a){99}$', 'a'],
    ['a reference back', String.raw`^(a*)\1$`, 'a'],
    ['looking ahead', '^(?=a*)a', 'a'],
    ['many repetitions over a long text', 'a*a*a*a*b', 'a'.repeat(5_000)],
    ['many choices to leave out', `${'a?'.repeat(50)}b`, 'a'.repeat(50)],
    ['many choices in a row', `${'(a|a)'.repeat(40)}b`, 'a'.repeat(40)],
    ['an endless pattern', 'a'.repeat(1_000), 'a'],
    ['what is no pattern', '(', 'a'],
  ])('leaves %s undecided', (_what, pattern, text) => {
    expect(matchCheaply(pattern, text)).toBeUndefined();
  });

  it('says what the engine would say, where it says anything', () => {
    const piece = constantFrom(
      'a',
      'b',
      '.',
      '*',
      '+',
      '?',
      '{2}',
      '(',
      ')',
      '|',
      '[ab]',
      '[^a]',
      '\\d',
      '\\)',
      '^',
      '$',
      '(?:',
    );
    const letter = constantFrom('a', 'b', '1', ')');
    assert(
      property(array(piece, { maxLength: 8 }), array(letter, { maxLength: 12 }), (pieces, letters) => {
        const [pattern, text] = [pieces.join(''), letters.join('')];
        const matched = matchCheaply(pattern, text);
        expect([undefined, compilePattern(pattern)?.test(text)]).toContain(matched);
      }),
    );
  });
});
