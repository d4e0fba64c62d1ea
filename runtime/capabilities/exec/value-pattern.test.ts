import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markQuoted } from '../quoted.ts';
import { parseArgsRule } from './args-grammar.ts';
import { matchArgs } from './args-match.ts';
import { parseValuePattern } from './value-pattern.ts';

/** Whether the value fits the pattern, as a whole argument. */
function fits(pattern: string, value: string): boolean {
  return matchesRule([{ pattern }], [value]);
}

function matchesRule(args: Parameters<typeof parseArgsRule>[0], given: readonly string[]): boolean {
  const parsed = parseArgsRule(args);
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return matchArgs(parsed.args, given).matches;
}

function problemOf(pattern: string): string | undefined {
  const parsed = parseValuePattern(pattern);
  return 'problem' in parsed ? parsed.problem : undefined;
}

describe('a pattern', () => {
  test.each([
    ['v\\d+(\\.\\d+)*', ['v1', 'v1.2.30'], ['v', 'xv1', 'v1x', 'v1.', 'v1\n']],
    ['[a-z][a-z0-9-]*', ['a', 'a-b9'], ['', '9', 'A', 'a_']],
    ['(debug|release)?', ['', 'debug'], ['debugrelease', 'Debug']],
    ['[^/@]{2,3}', ['ab', 'abc', 'é1'], ['a', 'abcd', 'a/b', 'a\nb', 'a\u0000']],
    ['a{2}b{1,}', ['aab', 'aabbb'], ['ab', 'aaab', 'aa']],
    ['[\\]\\-\\\\]+', [']', ']-', '\\'], ['', 'a']],
    ['[\\d.]+', ['1.2'], ['d', '']],
    ['.', ['x', '😀', '.'], ['', 'xy', '\n']],
    ['\\.', ['.'], ['x']],
  ])('%j takes the whole value or nothing', (pattern, good, bad) => {
    for (const value of good) expect([value, fits(pattern, value)]).toEqual([value, true]);
    for (const value of bad) expect([value, fits(pattern, value)]).toEqual([value, false]);
  });

  test('makes no option of an argument unless it says so itself', () => {
    for (const pattern of ['.*', '[^y]+', '[-a-z]+', '[ -~]+']) {
      expect([pattern, fits(pattern, '-x')]).toEqual([pattern, false]);
      expect([pattern, fits(pattern, 'a-x')]).toEqual([pattern, true]);
    }
    expect(fits('--level=\\d', '--level=3')).toBe(true);
    expect(fits('(-v|-q).*', '-v')).toBe(true);
    expect(matchesRule([{ pattern: '.*', prefix: '-D' }], ['-D-x'])).toBe(true);
    expect(matchesRule(['--', { pattern: '.*' }], ['--', '-x'])).toBe(true);
  });

  test('takes what an input put in as it stands, and not as an option', () => {
    const marked = markQuoted('a.*|b');
    if ('problem' in marked) throw new TypeError(marked.problem);
    expect(fits(`(${marked.text})+`, 'a.*|b')).toBe(true);
    expect(fits(`(${marked.text})+`, 'axx')).toBe(false);
    const option = markQuoted('-x');
    if ('problem' in option) throw new TypeError(option.problem);
    expect(problemOf(`${option.text}.*`)).toMatch(/looks like an option/);
  });

  test.each([
    ['(?=a)b', /look-around/],
    ['(?:a)', /not supported/],
    ['(a)\\1', /not supported/],
    ['\\s', /not supported/],
    ['^a', /anchored/],
    ['a$', /anchored/],
    ['a**', /repeats/],
    ['a+?', /repeats/],
    ['*a', /belongs to nothing/],
    ['(a', /does not close/],
    ['a)', /not opened/],
    ['[a', /does not close/],
    ['[]', /nothing in it/],
    ['[z-a]', /ends before/],
    ['a{3,2}', /ends before/],
    ['a{1000}', /up to 999/],
    ['((a{99}){99}){99}', /too large/],
    ['(((){999}){999}){999}', /too large/],
    [`${'('.repeat(50)}a${')'.repeat(50)}`, /groups in more than/],
    ['a'.repeat(1001), /longer/],
    ['a\\', /not supported/],
  ])('%j is an error that says why', (pattern, problem) => {
    expect(problemOf(pattern)).toMatch(problem);
  });

  test.each(['(a+)+', '(a|a)*', '(a|aa)+', '(.*)*\\d', '(a?){50}a{50}', '([a-z]+)*\\d', '(x+x+)+y'])(
    '%j takes no time for ever, where a backtracking matcher would',
    (pattern) => {
      const before = performance.now();
      expect(fits(pattern, `${'a'.repeat(30_000)}!`)).toBe(false);
      expect(fits(pattern, `${'x'.repeat(30_000)}!`)).toBe(false);
      expect(performance.now() - before).toBeLessThan(5_000);
    },
  );

  test('is given up where arguments and patterns are too long together', () => {
    const parsed = parseArgsRule([{ pattern: '(.?){300}', repeat: true }]);
    if ('problem' in parsed) throw new TypeError(parsed.problem);
    const before = performance.now();
    const answer = matchArgs(parsed.args, Array<string>(4096).fill('a'.repeat(300)));
    expect(answer).toMatchObject({ matches: false, why: expect.stringContaining('too long') });
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  test('agrees with the regular expressions of the language', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(a|b)', '(ab|)', '\\d');
    const times = fc.constantFrom('', '*', '+', '?', '{2}', '{1,2}', '{0,}');
    const pattern = fc
      .array(
        fc.tuple(atom, times).map((parts) => parts.join('')),
        { maxLength: 4 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, fc.stringMatching(/^[ab1]{0,6}$/), (text, value) => {
        expect(fits(`(${text})`, value)).toBe(new RegExp(`^(?:${text})$`, 'u').test(value));
      }),
    );
  });

  test('reads any text or says what is wrong with it', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab(){}[]|*+?\\.,-^$0123dw'.split('')) });
    fc.assert(
      fc.property(text, (pattern) => {
        expect(Object.keys(parseValuePattern(pattern))).toHaveLength(1);
      }),
    );
  });
});

describe('a group', () => {
  const build = [
    'build',
    { group: ['--build-arg', { pattern: '[A-Z]+=.*' }], optional: true, repeat: true },
    '--',
    { type: 'path' },
  ];

  test('stands for its arguments together', () => {
    expect(matchesRule(build, ['build', '--', 'src'])).toBe(true);
    expect(matchesRule(build, ['build', '--build-arg', 'A=1', '--build-arg', 'B=', '--', 'src'])).toBe(true);
    expect(matchesRule(build, ['build', '--build-arg', '--', 'src'])).toBe(false);
    expect(matchesRule(build, ['build', 'A=1', '--', 'src'])).toBe(false);
    expect(matchesRule(build, ['build', '--build-arg', 'A=1', 'src'])).toBe(false);
  });

  test('may stand in a group, but not for ever', () => {
    const nested = (depth: number): Record<string, unknown> =>
      depth === 0 ? { type: 'integer' } : { group: [nested(depth - 1)], repeat: true };
    // Objects and arrays of texts are JSON.
    const rule = (depth: number) => parseArgsRule([nested(depth)] as Parameters<typeof parseArgsRule>[0]);
    expect(rule(3)).not.toHaveProperty('problem');
    expect(rule(4)).toHaveProperty('problem');
    expect(parseArgsRule([{ group: [] }])).toHaveProperty('problem');
    expect(parseArgsRule([{ group: ['a'], enum: ['b'] }])).toHaveProperty('problem');
    const wide = Array.from({ length: 200 }, () => ({ group: Array.from({ length: 200 }, () => 'a') }));
    expect(parseArgsRule(wide)).toHaveProperty('problem');
  });

  test('of optional items that are repeated comes to an end', () => {
    const rule = [
      {
        group: [
          { enum: ['a'], optional: true },
          { enum: ['b'], optional: true },
        ],
        repeat: true,
      },
      'c',
    ];
    expect(matchesRule(rule, [...Array<string>(2000).fill('a'), 'b', 'c'])).toBe(true);
    expect(matchesRule(rule, [...Array<string>(2000).fill('a'), 'd'])).toBe(false);
  });
});
