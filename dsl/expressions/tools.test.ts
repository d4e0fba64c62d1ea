import { describe, expect, test } from 'vitest';

import { evaluateForTools } from './tools.ts';

describe('evaluateForTools', () => {
  test.each([
    ["'a'", 'String', 'a'],
    ['1.5', 'Number', 1.5],
    ['1 == 1', 'Boolean', true],
    ['null', 'Null', null],
    ['', 'Null', null],
    [' ', 'Null', null],
    ["fromJSON('[1]')", 'Array', [1]],
    ['thing', 'Object', { a: 1 }],
    ['thing.*', 'Array', [1]],
    ['${{ thing.A }}', 'Number', 1],
    ['inputs.x', 'Null', null],
    ['success() && always() && !failure() && !cancelled()', 'Boolean', true],
    ['NaN', 'Number', 'NaN'],
    ['-Infinity', 'Number', '-Infinity'],
  ])('%s is of kind %s', (source, kind, value) => {
    expect(evaluateForTools(source, { thing: { a: 1 } })).toEqual({ result: { kind, value } });
  });

  test.each([
    ['a & b', 'lexing', 3],
    ["'open", 'lexing', 1],
    ['0b11', 'lexing', 1],
    ['thing.1', 'parsing', 7],
    ['thing ==', 'parsing', 7],
    ['unknown', 'parsing', 1],
    ['1 == nope(2)', 'parsing', 6],
    ['contains(1)', 'parsing', 1],
    ["format('{0}')", 'evaluation', 1],
    ["format('}')", 'evaluation', 1],
    ['case(true, 1, false, 2)', 'parsing', 1],
    ['${{ nope }}', 'parsing', 5],
    ['${{ 1 }} ${{ 2 }}', 'lexing', 1],
    ["true && fromJSON('x')", 'evaluation', 9],
    ["case(1, 'a', 'b')", 'evaluation', 1],
    ["hashFiles('x')", 'evaluation', 1],
  ])('%s fails when %s', (source, kind, column) => {
    expect(evaluateForTools(source, { thing: {} })).toEqual({ error: { kind, column, message: expect.any(String) } });
  });

  test.each([
    ['failure', [false, true, false]],
    ['cancelled', [false, false, true]],
    ['success', [true, false, false]],
  ])('goes by the status of the job that is given: %s', (status, expected) => {
    const answers = ['success()', 'failure()', 'cancelled()'].map((source) =>
      evaluateForTools(source, { job: { status } }),
    );
    expect(answers).toEqual(expected.map((value) => ({ result: { kind: 'Boolean', value } })));
  });
});
