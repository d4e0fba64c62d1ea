import { describe, expect, it } from 'vitest';
import { compile, fixSource } from './index.ts';
import { testCatalogue } from './testing/catalogue.ts';
import { compileMarked } from './testing/mistakes.ts';

/** Sixty different mistakes; before each place stands its code between two marks, which isn't part of the file. */
const file = `
name: ▸WRONG_TYPE▸60
▸UNKNOWN_KEY▸enviroment: {}
concurrency: { ▸UNKNOWN_KEY▸goup: deploy }
on:
  manual:
    inputs:
      target: { type: ▸INVALID_VALUE▸strng }
      stage: { type: choice, options: [staging, production], default: ▸INVALID_VALUE▸stagign }
      ▸MISSING_KEY▸kind: { type: choice }
      count: { type: number, default: ▸WRONG_TYPE▸"3" }
      tag: { pattern: ▸INVALID_VALUE▸'[' }
      ▸INVALID_VALUE▸2nd: {}
      ▸DUPLICATE_ID▸TAG: {}
  ▸INVALID_VALUE▸push: {}
env:
  LEVEL: ▸INVALID_VALUE▸1.10
  ▸INVALID_VALUE▸MY-NAME: x
  ▸YAML_DUPLICATE_KEY▸LEVEL: 2
  HOST: \${{ ▸CONTEXT_NOT_AVAILABLE▸matrix.os }}
permissions:
  ▸UNKNOWN_KEY▸nett: []
  net: [{ ▸UNKNOWN_KEY▸ulr: 'https://example.com/*' }]
  fs: ▸WRONG_TYPE▸all
jobs:
  ▸MISSING_KEY▸nothing: { runs-on: local }
  empty: { steps: ▸EMPTY▸[] }
  build:
    ▸UNKNOWN_KEY▸run-on: local
    needs: [▸UNKNOWN_NEED▸biuld, lint, ▸DUPLICATE_ID▸lint]
    timeout-minutes: ▸INVALID_VALUE▸0
    lost-after: ▸WRONG_TYPE▸90
    strategy:
      matrix:
        os: ▸WRONG_TYPE▸linux
        node: [22, ▸DUPLICATE_ID▸22]
        exclude: [{ ▸UNKNOWN_KEY▸ndoe: 22 }]
      fail-fast: ▸WRONG_TYPE▸no
      max-parallel: ▸WRONG_TYPE▸"2"
    outputs: { image: '\${{ steps.compile.outputs.x }}', ▸INVALID_VALUE▸a b: x }
    steps:
      - { ▸UNKNOWN_KEY▸script: make, id: compile }
      - { run: make, ▸INVALID_VALUE▸with: { a: 1 } }
      - { uses: sleep@v1, with: { duration: ▸INVALID_VALUE▸soon } }
      - { run: make, id: ▸DUPLICATE_ID▸compile }
      - { uses: ▸PLUGIN_NOT_FOUND▸chekout@v1 }
      - { uses: ▸INVALID_VALUE▸checkout }
      - { uses: ▸MISSING_INPUT▸checkout@v1 }
      - { uses: checkout@v1, with: { repository: x, ▸UNKNOWN_INPUT▸dpeth: 1 } }
      - { uses: checkout@v1, with: { repository: x, depth: ▸INVALID_VALUE▸-1 } }
      - { uses: http@v1, with: { url: ▸INVALID_VALUE▸example.com } }
      - { uses: http@v1, with: { url: 'https://example.com', method: ▸INVALID_VALUE▸get } }
      - { run: ▸EMPTY▸'' }
      - ▸MISSING_KEY▸name: nothing
      - ▸WRONG_TYPE▸make
      - run: make
        continue-on-error: ▸WRONG_TYPE▸yes
        retry: { on: [▸INVALID_VALUE▸timout] }
  lint:
    needs: ▸NEEDS_CYCLE▸lint
    steps:
      - run: make \${{ ▸SCRIPT_INJECTION▸inputs.target }}
      - { run: make, if: ▸UNKNOWN_FUNCTION▸sucess() }
      - { run: make, if: ▸UNKNOWN_CONTEXT▸input.target == 'a' }
      - { run: make, if: inputs.▸UNKNOWN_PROPERTY▸tagret == 'a' }
      - { run: make, if: vars.a ▸EXPRESSION_SYNTAX▸= 'a' }
      - { run: make, if: ▸WRONG_ARGUMENT_COUNT▸contains('a') }
      - { run: make, env: { A: "\${{ contains(▸SECRET_NOT_READABLE▸secrets.TOKEN, 'a') }}" } }
      - { run: make, env: { A: ▸YAML_SYNTAX▸*none } }
      - { run: make, name: "a▸YAML_SYNTAX▸\\d" }
      - run: make
        name: ▸YAML_SYNTAX▸@all
      - run: make
        if: ▸CONDITION_TEXT▸\${{ vars.a }} == 'a'
      - run: make
        if: ▸YAML_UNSUPPORTED▸!cancelled()
`;

const withoutMarks = file.replaceAll(/▸[A-Z_]+▸/g, '');
const read = (text: string): ReturnType<typeof compile> =>
  compile(text, { file: 'test.yml', catalogue: testCatalogue });

describe('a file of sixty mistakes', () => {
  const { marked, reported, diagnostics } = compileMarked(file);

  it('gets each of them at its line and column, and nothing else', () => {
    expect(reported).toEqual(marked);
    expect(marked).toHaveLength(60);
  });

  it('gets a remedy for each that says what to write, in sentences', () => {
    expect(diagnostics.filter(({ remedy }) => remedy.split(' ').length < 2)).toEqual([]);
    expect(diagnostics.filter(({ remedy }) => !/^[A-Z].*[.?]$/s.test(remedy))).toEqual([]);
  });

  it('has at least fifteen that can be corrected, and are', () => {
    const { fixed, result } = fixSource(withoutMarks, read);
    expect(fixed.length).toBeGreaterThanOrEqual(15);
    const left = new Set(result.diagnostics.map(({ line, column, code }) => `${line}:${column}:${code}`));
    expect(fixed.filter(({ line, column, code }) => left.has(`${line}:${column}:${code}`))).toEqual([]);
  });
});
