import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked, job, step, steps } from '../testing/mistakes.ts';

describe('matrix', () => {
  const matrix = (lines: string): string =>
    job(`strategy:\n  matrix:\n    ${lines.replaceAll('\n', '\n    ')}\n${steps}`);
  const list = (length: number): string => `[${Array.from({ length }, (_, index) => index).join(', ')}]`;

  it.each([
    ['no axes', job(`strategy: { ▸EMPTY▸matrix: {} }\n${steps}`)],
    ['an axis without values', matrix('os: ▸EMPTY▸[]')],
    ['an axis that is a text', matrix('os: ▸WRONG_TYPE▸linux')],
    ['a value twice', matrix('os: [linux, ▸DUPLICATE_ID▸linux]')],
    ['an axis with a dot', matrix('▸INVALID_VALUE▸a.b: [1]')],
    ['too many cells', matrix(`a: ${list(20)}\nb: ${list(13)}`).replace('matrix:', '▸INVALID_VALUE▸matrix:')],
    [
      'a product of thousands',
      matrix(`a: ${list(999)}\nb: ${list(999)}\nexclude: [{ a: 1 }]`).replace('matrix:', '▸INVALID_VALUE▸matrix:'),
    ],
    [
      '65,536 cells',
      matrix(Array.from({ length: 16 }, (_, index) => `a${index}: [0, 1]`).join('\n')).replace(
        'matrix:',
        '▸INVALID_VALUE▸matrix:',
      ),
    ],
    [
      'hundreds of cells of include alone',
      matrix(`include: [${Array.from({ length: 257 }, (_, index) => `{ a: ${index} }`).join(', ')}]`).replace(
        'matrix:',
        '▸INVALID_VALUE▸matrix:',
      ),
    ],
    ['nothing left', matrix('a: [1]\nexclude: [{ a: 1 }]').replace('matrix:', '▸EMPTY▸matrix:')],
    ['an exclusion from no axis', matrix('os: [a]\nexclude: [{ ▸UNKNOWN_KEY▸so: a }]')],
    ['an include that is no list', matrix('os: [a]\ninclude: ▸WRONG_TYPE▸{ a: b }')],
    ['an entry that is no mapping', matrix('os: [a]\ninclude: [▸WRONG_TYPE▸b]')],
    ['a matrix that is a text', job(`strategy: { matrix: ▸WRONG_TYPE▸all }\n${steps}`)],
    ['a matrix of two expressions', job(`strategy: { matrix: ▸WRONG_TYPE▸'\${{ vars.x }}\${{ vars.y }}' }\n${steps}`)],
    [
      'what is wrong with a matrix that is one expression',
      job(`strategy: { matrix: '\${{ fromJSON(▸CONTEXT_NOT_AVAILABLE▸steps.x) }}' }\n${steps}`),
    ],
    ['a cell that reads another', matrix("a: ['${{ ▸CONTEXT_NOT_AVAILABLE▸matrix.b }}']\nb: [1]")],
    [
      "an axis that isn't there",
      `${matrix('os: [a]')}      - run: \${{ matrix.▸UNKNOWN_PROPERTY▸so }}\n`.replace(steps, 'steps:'),
    ],
    ["a matrix that isn't there", step('run: ${{ matrix.▸UNKNOWN_PROPERTY▸os }}')],
    ['a wrong bound', job(`strategy: { matrix: { a: [1] }, max-parallel: ▸INVALID_VALUE▸0 }\n${steps}`)],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it.each([
    ['exactly 256 cells', matrix(`a: ${list(16)}\nb: ${list(16)}`)],
    ['exclusions that bring it down', matrix(`a: ${list(20)}\nb: ${list(13)}\nexclude: [{ b: 0 }]`)],
    [
      'keys of include',
      `${matrix('os: [a]\ninclude: [{ os: a, fast: true }]')}      - run: \${{ matrix.fast }}\n`.replace(
        steps,
        'steps:',
      ),
    ],
    [
      'one expression for all of it',
      job(`strategy: { matrix: '\${{ fromJSON(vars.x) }}' }\nsteps: [{ run: '\${{ matrix.any }}' }]`),
    ],
    ['only include', matrix('include: [{ os: a }]')],
    [
      'anything, where an expression makes it',
      `${matrix("include: '${{ fromJSON(vars.x) }}'")}      - run: \${{ matrix.any }}\n`.replace(steps, 'steps:'),
    ],
  ])('takes %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('names the limit, and what is more than it', () => {
    const bits = Array.from({ length: 16 }, (_, index) => `a${index}: [0, 1]`).join('\n');
    const { diagnostics } = compileMarked(matrix(bits));
    expect(diagnostics[0]?.message).toBe('the matrix has at least 65536 cells, more than 256');
  });

  it('plans a matrix that is one expression without axes of its own', () => {
    const source = job(`strategy: { matrix: '\${{ fromJSON(vars.x) }}' }\n${steps}`);
    const { plan } = compile(source, { file: 'test.yml', catalogue: testCatalogue });
    expect(plan?.jobs[0]?.strategy).toMatchObject({
      whole_matrix: { kind: 'expression', expression: { source: 'fromJSON(vars.x)' } },
      matrix: [],
      include: { kind: 'literal', value: [] },
    });
  });
});
