import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../schemas/index.ts';
import { markQuoted } from '../quoted.ts';
import { type ArgsRule, parseArgsRule } from './args-grammar.ts';
import { type GivenArg, matchArgs } from './args-match.ts';

function rule(args: Json | undefined): ArgsRule {
  const parsed = parseArgsRule(args);
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.args;
}

function fits(args: Json | undefined, given: readonly GivenArg[]): boolean {
  return matchArgs(rule(args), given).matches;
}

describe('the argument grammar', () => {
  test('allows no arguments where the entry names none', () => {
    expect(fits(undefined, [])).toBe(true);
    expect(fits(undefined, ['--version'])).toBe(false);
  });

  test('allows anything with `any`', () => {
    expect(fits('any', ['-c', 'rm -rf /', { file: 'script' }])).toBe(true);
  });

  test('matches literals, choices, values and repetitions in order', () => {
    const clone = [
      'clone',
      { enum: ['--quiet', '--verbose'], optional: true },
      '--',
      { type: 'url' },
      { type: 'path' },
    ];
    expect(fits(clone, ['clone', '--', 'https://example.com/a.git', 'src'])).toBe(true);
    expect(fits(clone, ['clone', '--quiet', '--', 'https://example.com/a.git', 'src'])).toBe(true);
    expect(fits(clone, ['clone', '--quiet', '--verbose', '--', 'https://example.com/a.git', 'src'])).toBe(false);
    expect(fits(clone, ['clone', '--', 'https://example.com/a.git'])).toBe(false);
    const add = ['add', '--', { type: 'path', repeat: true }];
    expect(fits(add, ['add', '--', 'a', 'b/c', 'd'])).toBe(true);
    expect(fits(add, ['add', '--'])).toBe(false);
    expect(fits(['add', { type: 'path', repeat: true, optional: true }], ['add'])).toBe(true);
  });

  test('matches values behind a prefix', () => {
    const depth = ['fetch', { prefix: '--depth=', type: 'integer' }];
    expect(fits(depth, ['fetch', '--depth=1'])).toBe(true);
    expect(fits(depth, ['fetch', '--depth='])).toBe(false);
    expect(fits(depth, ['fetch', '--depth=-1'])).toBe(false);
    expect(fits(depth, ['fetch', '--depth=1;x'])).toBe(false);
    expect(fits([{ prefix: '--color=', enum: ['always', 'never'] }], ['--color=never'])).toBe(true);
  });

  test.each([
    [
      'path',
      ['a', 'a/b.txt', './a', '.', './a:b', 'a/b:c'],
      ['', '-a', '/etc/passwd', '../a', 'a/../../b', '--upload-pack=x', 'file:///etc/passwd', 'host:x', 'ext::sh'],
    ],
    [
      'ref',
      ['main', 'v1.0', 'feature/x', 'deadbeef'],
      ['-x', '+main', '--upload-pack=x', 'a..b', 'a b', 'x:y', 'HEAD~1', 'a\nb'],
    ],
    ['integer', ['0', '42'], ['-1', '1.5', '', '0x10', '1e3']],
    ['text', ['hello world', ''], ['-c', '--exec=x']],
    [
      'url',
      ['https://example.com/a.git', 'ssh://git@example.com/a.git'],
      [
        'ext::sh -c "touch x"',
        'file:///etc/passwd',
        'http://example.com/',
        '--upload-pack=touch x',
        'ssh://-oProxyCommand=touch/x',
        'ssh://%2DoProxyCommand=touch/x',
        'ssh://-oProxyCommand=x@example.com/x',
        'https://user:token@example.com/',
        'https:example.com',
        ' https://example.com',
        'example.com',
      ],
    ],
  ])('takes a %s only in its own form', (type, good, bad) => {
    for (const text of good) expect([text, fits([{ type }], [text])]).toEqual([text, true]);
    for (const text of bad) expect([text, fits([{ type }], [text])]).toEqual([text, false]);
  });

  test('takes text that looks like an option only after `--`', () => {
    const grep = ['grep', { enum: ['--'], optional: true }, { type: 'text' }];
    expect(fits(grep, ['grep', '-x'])).toBe(false);
    expect(fits(grep, ['grep', '--', '-x'])).toBe(true);
  });

  test('takes a file of the exec only where the entry says `file`', () => {
    expect(fits([{ type: 'file' }], [{ file: 'script' }])).toBe(true);
    expect(fits([{ type: 'path' }], [{ file: 'script' }])).toBe(false);
    expect(fits([{ type: 'file' }], ['script'])).toBe(false);
  });

  test('other schemes only where the entry names them', () => {
    const local = [{ type: 'url', schemes: ['file', 'https'] }];
    expect(fits(local, ['file:///srv/a.git'])).toBe(true);
    expect(fits(local, ['ssh://example.com/a.git'])).toBe(false);
  });

  test('an input can not become an option or a pattern', () => {
    const marked = markQuoted('--upload-pack=touch x');
    if ('problem' in marked) throw new TypeError(marked.problem);
    expect(parseArgsRule(['clone', marked.text])).toHaveProperty('problem');
    expect(fits(['clone', `--branch=${marked.text}`], ['clone', '--branch=--upload-pack=touch x'])).toBe(true);
  });

  test('says which argument is wrong and what was expected', () => {
    const denied = matchArgs(rule(['clone', '--', { type: 'url' }]), ['clone', '--upload-pack=x']);
    expect(!denied.matches && denied.why).toBe('argument 2, `--upload-pack=x`, is not --');
  });

  test.each([
    [[{ enum: ['a'], type: 'path' }]],
    [[{ optional: true }]],
    [[{ type: 'file', prefix: '--f=' }]],
    [[{ type: 'path', schemes: ['https'] }]],
    [['a', -1]],
    ['all'],
  ])('refuses the entry %j', (args) => {
    expect(parseArgsRule(args)).toHaveProperty('problem');
  });

  test('takes linear time where a backtracking matcher would take for ever', () => {
    const many = Array.from({ length: 100 }, () => ({ type: 'text', optional: true, repeat: true }));
    const given = Array.from({ length: 2000 }, () => 'a');
    expect(fits(many, [...given, '-'])).toBe(false);
  });

  test('agrees with a plain recursive definition', () => {
    const item = fc.record({
      enum: fc.uniqueArray(fc.constantFrom('a', 'b', '--'), { minLength: 1 }),
      optional: fc.boolean(),
      repeat: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 4 }),
        fc.array(fc.constantFrom('a', 'b', '--'), { maxLength: 5 }),
        (items, args) => {
          expect(fits(items, args)).toBe(matchesPlainly(items, args));
        },
      ),
    );
  });

  test('reads any entry or says what is wrong with it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (args) => {
        // fast-check's JSON values are JSON.
        expect(Object.keys(parseArgsRule(args as Json))).toHaveLength(1);
      }),
    );
  });
});

/** The definition itself, by trying everything. */
function matchesPlainly(
  items: readonly { readonly enum: readonly string[]; readonly optional: boolean; readonly repeat: boolean }[],
  args: readonly string[],
): boolean {
  const [item, ...rest] = items;
  if (item === undefined) return args.length === 0;
  if (item.optional && matchesPlainly(rest, args)) return true;
  const [arg, ...others] = args;
  if (arg === undefined || !item.enum.includes(arg)) return false;
  if (matchesPlainly(rest, others)) return true;
  return item.repeat && matchesPlainly([{ ...item, optional: false }, ...rest], others);
}
