import { expect, test } from 'vitest';
import { parseIgnore } from './ignore.ts';

function ignores(text: string, path: string): boolean {
  const parsed = parseIgnore(text);
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.ignore.ignores(path.split('/'));
}

test.each<[string, string, boolean]>([
  ['node_modules', 'node_modules/a/b.js', true],
  ['node_modules', 'packages/node_modules/a', false],
  ['**/node_modules', 'packages/node_modules/a', true],
  ['/dist/', 'dist/a', true],
  ['*.md', 'README.md', true],
  ['*.md', 'docs/README.md', false],
  ['*.md\n!README.md', 'README.md', false],
  ['!README.md\n*.md', 'README.md', true],
  ['docs\n!docs/keep.md', 'docs/keep.md', false],
  ['docs\n!docs/keep.md', 'docs/other.md', true],
  ['# a comment\n\n  a  ', 'a', true],
  ['#a', '#a', false],
  ['*', 'anything/below', true],
  ['.', 'a', false],
])('%j of a .dockerignore, and %s: %s', (text, path, ignored) => {
  expect(ignores(text, path)).toBe(ignored);
});

test('what it can not read is a problem, not ignored', () => {
  expect(parseIgnore('a\n[abc]')).toEqual({ problem: expect.stringContaining('line 2') });
  expect(parseIgnore('../a')).toHaveProperty('problem');
  expect(parseIgnore('a\n'.repeat(2000))).toHaveProperty('problem');
});

test('a pattern made to take long does not', () => {
  expect(ignores('*a'.repeat(500), `${'a'.repeat(250)}b`)).toBe(false);
});
