import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseExpression } from './parse.ts';

/** The problem of a source: its code, the piece of the source that it points at, and its remedy. */
function problemOf(source: string) {
  const parsed = parseExpression(source);
  if ('expression' in parsed) return undefined;
  const { kind, code, start, end, message, remedy } = parsed.problem;
  return { kind, code, at: source.slice(start, end), start, message, remedy };
}

describe('symbols that are none', () => {
  test.each([
    ['inputs.x == "main"', '"main"', 12, "'main'"],
    ['inputs.a = 1', '=', 9, '=='],
    ['a & b', '&', 2, '&&'],
    ['a | b', '|', 2, '||'],
    ['1 + 2', '+', 2, 'arithmetic'],
    ['inputs.a - 1', '-', 9, 'arithmetic'],
    ['inputs.a % 2', '%', 9, 'arithmetic'],
    ['$FOO', '$FOO', 0, 'inside ${{ }}'],
    ['0b11', '0b11', 0, '0xff'],
    ['0xfffffffff', '0xfffffffff', 0, '32 bits'],
    ['1.2.3', '1.2.3', 0, 'Numbers'],
    ['foo.b@r', 'b@r', 4, "['key']"],
    ["'open", "'open", 0, 'Close the text'],
    ["a == 'it's'", "s'", 9, 'written twice'],
    ["format('Located at position 1 within expression: x') ~ 'y'", '~', 53, 'Names are'],
  ])('%s', (source, at, start, remedy) => {
    expect(problemOf(source)).toMatchObject({
      kind: 'lexing',
      code: 'EXPRESSION_SYNTAX',
      at,
      start,
      remedy: expect.stringContaining(remedy),
    });
  });
});

describe('symbols that stand wrong', () => {
  test.each([
    ['', '', 0, 'Write an expression'],
    ['  ', '  ', 0, 'Write an expression'],
    ['a &&', '&&', 2, 'Complete it'],
    ['!', '!', 0, 'Complete it'],
    ['(a', 'a', 1, 'Close the parenthesis'],
    ["contains(a, 'b'", "'b'", 12, 'Close the parenthesis'],
    ['a[0', '0', 2, 'Close the bracket'],
    ['a b', 'b', 2, 'operator'],
    ['a and b', 'and', 2, '&&'],
    ['a or b', 'or', 2, '||'],
    ['not a', 'a', 4, 'Write ! for not'],
    ['a)', ')', 1, 'operand'],
    ['== a', '==', 0, 'operand'],
    ['a == == b', '==', 5, 'operand'],
    ['foo.1', '1', 4, "['name']"],
    ['a.b(1)', '(', 3, 'Only a function'],
    ["'a'[0]", '[', 3, 'Read a property only of'],
    ['contains(a, )', ')', 12, 'Remove the comma'],
    ['contains(,a)', ',', 9, 'operand'],
    ['*', '*', 0, 'operand'],
    ['a[]', ']', 2, 'operand'],
    ['a, b', ',', 1, 'operand'],
  ])('%s', (source, at, start, remedy) => {
    expect(problemOf(source)).toMatchObject({
      kind: 'parsing',
      code: 'EXPRESSION_SYNTAX',
      at,
      start,
      remedy: expect.stringContaining(remedy),
    });
  });

  test('are found after texts with line breaks, where the library counts wrong', () => {
    expect(problemOf("'a\nb\n' == c d")).toMatchObject({ at: 'd', start: 12 });
  });
});

describe('limits', () => {
  test('21,000 characters are read, and not one more', () => {
    const source = `'${'x'.repeat(20_998)}'`;
    expect(problemOf(source)).toBeUndefined();
    expect(problemOf(`${source} `)).toMatchObject({ code: 'EXPRESSION_LIMIT', start: 0 });
  });

  test.each([
    ['negations', (count: number) => `${'!'.repeat(count - 1)}a`],
    ['calls', (count: number) => `${'toJSON('.repeat(count - 1)}a${')'.repeat(count - 1)}`],
    ['parentheses', (count: number) => `${'('.repeat(count - 1)}a${')'.repeat(count - 1)}`],
    ['properties', (count: number) => `a${'.b'.repeat(count - 1)}`],
    ['comparisons', (count: number) => Array.from({ length: count }, () => 'a').join(' == ')],
  ])('50 levels of %s are read, and not one more', (_name, nested) => {
    expect(problemOf(nested(50))).toBeUndefined();
    expect(problemOf(nested(51))).toMatchObject({ code: 'EXPRESSION_LIMIT' });
    expect(problemOf(nested(2000))).toMatchObject({ code: 'EXPRESSION_LIMIT' });
  });

  test('operands of one && are one level, however many', () => {
    expect(problemOf(Array.from({ length: 1000 }, () => 'a').join(' && '))).toBeUndefined();
  });
});

describe('accesses', () => {
  test('span the whole path as it is written', () => {
    const source = "needs [ 'build' ] . outputs['x'] == steps.*.outcome && (matrix.a).b || fromJSON(inputs.c).d";
    const parsed = parseExpression(source);
    if ('problem' in parsed) throw new Error(parsed.problem.message);
    expect(parsed.expression.accesses.map(({ text, start, end }) => [text, source.slice(start, end)])).toEqual(
      ["needs [ 'build' ] . outputs['x']", 'steps.*.outcome', 'matrix.a', 'inputs.c'].map((text) => [text, text]),
    );
  });

  test('list what stands in an index, too', () => {
    const parsed = parseExpression('matrix[inputs[env.key]].x');
    if ('problem' in parsed) throw new Error(parsed.problem.message);
    expect(parsed.expression.accesses.map(({ text }) => text)).toEqual([
      'matrix[inputs[env.key]].x',
      'inputs[env.key]',
      'env.key',
    ]);
  });
});

test('whitespace is what the runner skips', () => {
  expect(problemOf('1\u00a0==\u2003\n\t1\u0085')).toBeUndefined();
  expect(problemOf("'a\u00a0b'\u00a0== 'c''\u00a0'")).toBeUndefined();
});

test('no text makes the parser throw, and each problem lies within the text', () => {
  const pieces = fc.constantFrom(
    "'",
    "''",
    '(',
    ')',
    '[',
    ']',
    '.',
    ',',
    '*',
    '!',
    '==',
    '&&',
    '|',
    'a',
    'true',
    '1',
    '-',
    ' ',
    '\n',
    '"',
    '$',
  );
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(pieces).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(texts, (source) => {
      const parsed = parseExpression(source);
      if ('expression' in parsed) return;
      const { start, end } = parsed.problem;
      expect(start >= 0 && start <= end && end <= source.length).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('the cache forgets old sources without changing what is parsed', () => {
  const sources = Array.from({ length: 40 }, (_, index) => `'${String(index).repeat(9000)}'`);
  const first = sources.map((source) => parseExpression(source));
  const again = sources.map((source) => parseExpression(source));
  expect(again[0]).not.toBe(first[0]);
  expect(parseExpression(sources.at(-1) ?? '')).toBe(again.at(-1));
  expect(again).toEqual(first);
});
