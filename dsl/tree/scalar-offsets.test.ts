import { array, assert, constantFrom, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineIndex } from '../source/lines.ts';
import { Report } from '../source/report.ts';
import { buildTree } from './build.ts';
import type { ScalarNode } from './node.ts';
import { parseYaml } from './parse.ts';
import { scalarOffsets } from './scalar-offsets.ts';

/** The scalar under `key:`. */
function scalarOf(source: string): ScalarNode {
  const report = new Report('test.yml', new LineIndex(source));
  const [yaml] = parseYaml(source, report);
  const tree = yaml === undefined ? undefined : buildTree(yaml.document, source, report);
  expect(report.diagnostics()).toEqual([]);
  const value = tree?.kind === 'mapping' ? tree.entries.find(({ key }) => key === 'key')?.value : undefined;
  if (value?.kind !== 'scalar') throw new Error('the test needs a scalar under `key`');
  return value;
}

/** Where `MARK` stands in the file, found over the scalar's text. */
function markOf(source: string): { readonly found: string; readonly at: number } {
  const scalar = scalarOf(source);
  const at = scalarOffsets(scalar, source)(scalar.text.indexOf('MARK'));
  return { found: source.slice(at, at + 4), at };
}

describe('scalarOffsets', () => {
  it.each([
    ['a plain value', 'key: a MARK b\n'],
    ['a plain value over several lines', 'key: a\n  b\n\n  c MARK\n'],
    ['a single-quoted value', "key: 'a MARK'\n"],
    ['doubled quotes', "key: 'it''s ''a'' MARK'\n"],
    ['a single-quoted value over several lines', "key: 'it''s\n\n   a\n   MARK'\n"],
    ['a double-quoted value', 'key: "a MARK"\n'],
    ['escapes', String.raw`key: "\u00e9\x41\U0001F600\n\"\\ MARK"`],
    ['a double-quoted value over several lines', 'key: "a \\\n   b\\n\n\n   c MARK"\n'],
    ["an escaped space at a line's end", 'key: "a\\ \n  \\  b MARK"\n'],
    ['a literal block', 'key: |\n  a\n\n    b\n  c MARK\n'],
    ['a literal block with an explicit indentation', 'key: |2-\n   a\n   b MARK\n'],
    ['a folded block', 'key: >\n  a\n  b\n\n    c\n    d\n\n\n  e MARK\n'],
    ['a folded block that keeps its end', 'key: >+\n  a\n  MARK\n\n'],
    ['a literal block with CRLF', 'key: |\r\n  a\r\n  b MARK\r\n'],
    ['a comment after the header', 'key: | # why\n  a\n  MARK\n'],
    ['an empty first line', 'key: |\n\n  a\n  MARK\n'],
  ])('finds a word in %s', (_what, source) => {
    expect(markOf(source).found).toBe('MARK');
    expect(markOf(source).at).toBe(source.indexOf('MARK'));
  });

  it('finds any word again in any folded or literal text', () => {
    const word = constantFrom('a', 'bb', "it's", 'x  y', '#', 'é', '😀', ' indented', '-');
    const separator = constantFrom('\n', '\n\n', '\n\n\n');
    const style = constantFrom('|', '>', '|-', '>+');
    assert(
      property(style, array(tuple(word, separator), { maxLength: 8 }), word, (header, before, after) => {
        const lines = `${before.map(([text, end]) => text + end).join('')}MARK ${after}`.split('\n');
        const source = `key: ${header}\n${['start', ...lines].map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n`;
        expect(markOf(source).at).toBe(source.indexOf('MARK'));
      }),
    );
  });

  it('finds any word again in any double-quoted text', () => {
    const piece = constantFrom(
      'a',
      ' b',
      '\\n',
      '\\t',
      '\\"',
      '\\\\',
      '\\u0041',
      '\\U0001F600',
      '\n  c',
      '\n\n  d',
      '\\\n  e',
      '\\x20',
    );
    assert(
      property(array(piece, { maxLength: 10 }), (pieces) => {
        const source = `key: "x${pieces.join('')} MARK"\n`;
        expect(markOf(source).at).toBe(source.indexOf('MARK'));
      }),
    );
  });
});
