import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PathPattern, parsePathPattern, quotePathPattern } from './glob.ts';

function pattern(text: string): PathPattern {
  const parsed = parsePathPattern(text);
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.pattern;
}

const matches = (text: string, path: string): boolean => pattern(text).matches(path === '' ? [] : path.split('/'));

describe('path patterns', () => {
  it.each([
    ['*.json', 'a.json', true],
    ['*.json', 'a/b.json', false],
    ['*.json', '.hidden.json', true],
    ['src/**', 'src', true],
    ['src/**', 'src/a/b', true],
    ['src/**', 'srcs/a', false],
    ['**/b', 'b', true],
    ['**/b', 'a/a/b', true],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/x/y/c', false],
    ['**', '', true],
    ['**/**/b', 'a/b', true],
    [`${'**/'.repeat(1000)}b`, 'a/b', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a?c', 'a😀c', true],
    ['./a//b/', 'a/b', true],
    ['a\\*', 'a*', true],
    ['a\\*', 'ab', false],
    ['*a*b*', 'xaxbx', true],
    ['*a*b*', 'xbxax', false],
  ])('%s against %s: %s', (text, path, expected) => {
    expect(matches(text, path)).toBe(expected);
  });

  it.each([
    '**/a/'.repeat(17),
    '',
    '/etc/*',
    '../x',
    'a/../b',
    'a/\\.\\./b',
    'a**',
    '{a,b}',
    '[ab]',
    '!a',
    'a\\',
    'a\0b',
  ])('refuses %j', (text) => {
    expect(parsePathPattern(text)).toHaveProperty('problem');
  });

  it('says which folders a match could lie below', () => {
    const found = pattern('a/*/c/**');
    expect(found.reaches([])).toBe(true);
    expect(found.reaches(['a', 'x'])).toBe(true);
    expect(found.reaches(['b'])).toBe(false);
  });

  const name = fc
    .string({
      unit: fc.constantFrom('a', 'b', '*', '?', '[', ']', '{', '}', '!', '\\', '.', ' ', 'é', '😀'),
      minLength: 1,
      maxLength: 8,
    })
    .filter((text) => text !== '.' && text !== '..');
  const path = fc.array(name, { minLength: 1, maxLength: 4 });

  it('takes a quoted path for exactly itself', () => {
    fc.assert(
      fc.property(path, path, (wanted, other) => {
        const quoted = pattern(quotePathPattern(wanted.join('/')));
        expect(quoted.matches(wanted)).toBe(true);
        expect(quoted.matches(other)).toBe(wanted.join('/') === other.join('/'));
      }),
    );
  });

  it('agrees with a regular expression that says the same', () => {
    const segment = fc
      .string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 5 })
      .map((text) => text.replaceAll('**', '*').replaceAll('**', '*'));
    const text = fc.array(fc.oneof(segment, fc.constant('**')), { minLength: 1, maxLength: 4 });
    const paths = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(text, paths, (segments, names) => {
        // Each segment takes its own slash with it, so that `**` may take none.
        const source = segments
          .map((part) => (part === '**' ? '(?:[^/]+/)*' : `${part.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}/`))
          .join('');
        const expected = new RegExp(`^${source}$`).test(`${names.join('/')}/`);
        expect(pattern(segments.join('/')).matches(names)).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('never throws on any text', () => {
    const never = fc.property(fc.string({ unit: 'binary' }), (text) => void parsePathPattern(text));
    expect(() => fc.assert(never)).not.toThrow();
  });

  it('comes to an end on a pattern that makes backtracking matchers hang', () => {
    const hostile = Array.from({ length: 40 }, () => '*a').join('');
    expect(
      matches(`${hostile}/**/${hostile}/**/${hostile}`, `${'a'.repeat(250)}/${'a'.repeat(250)}/${'a'.repeat(250)}b`),
    ).toBe(false);
  });
});
