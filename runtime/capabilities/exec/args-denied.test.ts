import { array, assert, constantFrom, oneof, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../schemas/index.ts';
import { maxMatchSteps } from '../match-budget.ts';
import { deniesArgs } from './args-denied.ts';
import { type ArgsRule, parseArgsRule } from './args-grammar.ts';
import { type GivenArg, matchArgs } from './args-match.ts';

function rule(args: Json): ArgsRule {
  const parsed = parseArgsRule(args);
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.args;
}

function denies(args: Json, given: readonly GivenArg[]): boolean {
  return deniesArgs(rule(args), given);
}

describe('arguments of a deny rule take', () => {
  test.each<[string, Json, readonly GivenArg[]]>([
    ['a control character for a wildcard', [{ pattern: '.*e.*' }], ['s/a/b/\ne']],
    ['a control character for what a class leaves out', [{ pattern: '[^x]*e' }], ['\te']],
    ['a `-` at the beginning for a wildcard', [{ pattern: '.*e.*' }], ['-e']],
    ['an option for a text', ['push', { type: 'text' }], ['push', '-f']],
    ['any text for an integer', [{ type: 'integer' }], ['-0x1']],
    ['any text for a path', [{ type: 'path' }], ['/etc/passwd']],
    ['any text for a URL', [{ type: 'url', granted: true }], ['git@example.com:a/b']],
    ['any text for a ref', [{ type: 'ref' }], ['HEAD~1']],
    ['any text behind a prefix', [{ prefix: '--depth=', type: 'integer' }], ['--depth=all']],
    ['a file for a text', [{ type: 'text' }], [{ file: 'script' }]],
    ['a file for a pattern that its path may fit', [{ pattern: '.*' }], [{ file: 'script' }]],
    ['a path for a file', [{ type: 'file' }], ['/tmp/script']],
    ['a `--` that the rule does not have', ['push', { type: 'text' }], ['push', '--', '-f']],
    ['no `--` where the rule has one', ['push', '--', { type: 'text' }], ['push', 'main']],
    ['no `--` where a group of the rule has one', [{ group: ['-a', '--', 'b'], repeat: true }], ['-a', 'b', '-a', 'b']],
    ['a second `--` for a text', ['push', { type: 'text' }], ['push', '--', '--']],
  ])('%s', (_, args, given) => {
    expect(denies(args, given)).toBe(true);
  });

  test.each<[string, Json, readonly GivenArg[]]>([
    ['other literals', ['push'], ['pull']],
    ['further arguments', ['push', { type: 'text' }], ['push', 'a', 'b']],
    ['fewer arguments', ['push', { type: 'text' }], ['push']],
    ['what the pattern does not fit', [{ pattern: '-c.*' }], ['script.py']],
    ['a file for a pattern that no path fits', [{ pattern: '-c.*' }], [{ file: 'script' }]],
    ['a file for a literal', ['-c'], [{ file: 'script' }]],
    ['another prefix', [{ prefix: '--depth=', type: 'integer' }], ['--deepen=1']],
    ['a second `--` for nothing', ['push'], ['push', '--', '--']],
  ])('not %s', (_, args, given) => {
    expect(denies(args, given)).toBe(false);
  });

  test('any where it says `any`', () => {
    expect(denies('any', ['-x'])).toBe(true);
  });

  test('what can not be decided within the budget', () => {
    const items = Array.from({ length: 190 }, () => ({ type: 'text', optional: true, repeat: true }));
    expect(190 * 4096).toBeGreaterThan(maxMatchSteps);
    expect(denies([...items, 'end'], Array<string>(4096).fill('x'))).toBe(true);
  });

  test('all that the same items would allow', () => {
    const value = constantFrom('a', '-f', '--', '', '/etc', 'x\ny', '1', 'https://example.com/a');
    const item = oneof(
      value.map((text): Json => text),
      record({
        type: constantFrom('path', 'integer', 'ref', 'url', 'text', 'file'),
        optional: constantFrom(true, false),
        repeat: constantFrom(true, false),
      }),
      record({ pattern: constantFrom('.*', '[^x]+', '-.', '\\d'), repeat: constantFrom(true, false) }),
    );
    const given = array(oneof(value, constantFrom<GivenArg>({ file: 'script' })), { maxLength: 5 });
    assert(
      property(array(item, { maxLength: 5 }), given, (items, args) => {
        return !matchArgs(rule(items), [...args]).matches || deniesArgs(rule(items), [...args]);
      }),
      { numRuns: 500 },
    );
  });
});
