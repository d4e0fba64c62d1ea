import { describe, expect, it } from 'vitest';
import { compileMarked } from '../testing/mistakes.ts';

const inputs = (lines: string): string =>
  `on: { manual: { inputs: { ${lines} } } }\njobs: { a: { steps: [{ run: x }] } }`;

describe('inputs of the workflow', () => {
  it.each([
    ['an unknown type', inputs('a: { type: ▸INVALID_VALUE▸text }')],
    ['a default of another type', inputs('a: { type: number, default: ▸WRONG_TYPE▸x }')],
    ['a boolean of YAML 1.1', inputs('a: { type: boolean, default: ▸WRONG_TYPE▸yes }')],
    ['a default that is no option', inputs('a: { type: choice, options: [x], default: ▸INVALID_VALUE▸y }')],
    ["a default that doesn't match", inputs("a: { pattern: '^v', default: ▸INVALID_VALUE▸x }")],
    ['a default with an expression', inputs("a: { default: ▸INVALID_VALUE▸'${{ vars.x }}' }")],
    ['a choice without options', inputs('▸MISSING_KEY▸a: { type: choice }')],
    ['a choice of nothing', inputs('a: { type: choice, options: ▸EMPTY▸[] }')],
    ['an option that stands there twice', inputs('a: { type: choice, options: [x, 1, ▸DUPLICATE_ID▸"1"] }')],
    ['options of a number', inputs('a: { type: number, ▸INVALID_VALUE▸options: [1] }')],
    ['a pattern of a number', inputs('a: { type: number, ▸INVALID_VALUE▸pattern: x }')],
    ['a pattern that is none', inputs("a: { pattern: ▸INVALID_VALUE▸'(' }")],
    ['required as a text', inputs('a: { required: ▸WRONG_TYPE▸"yes" }')],
    ['a name with a dot', inputs('▸INVALID_VALUE▸a.b: {}')],
    ['names that differ in case', inputs('a: , ▸DUPLICATE_ID▸A: {}')],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('reads a file whose pattern would take for ever to match its default', () => {
    const { reported } = compileMarked(inputs(`a: { pattern: '^(a+)+$', default: ${'a'.repeat(60)}b }`));
    expect(reported).toEqual([]);
  });
});
