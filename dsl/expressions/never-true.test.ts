import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Json } from '../../schemas/index.ts';
import type { ExpressionScope, Shape } from './api.ts';
import { checkExpression } from './check.ts';
import { evaluateExpression } from './evaluate.ts';
import { expressionScope } from './scopes.ts';
import { sourceOf } from './testing/sources.ts';
import { isTruthy } from './text.ts';

const end: Shape = { kind: 'one-of', values: ['success', 'failure', 'cancelled', 'skipped'] };
const object = (properties: Record<string, Shape>): Shape => ({ kind: 'object', properties });
const scope: ExpressionScope = expressionScope('step-if', {
  inputs: object({
    flag: { kind: 'one-of', values: [true, false] },
    count: { kind: 'number' },
    name: { kind: 'text' },
    stage: { kind: 'one-of', values: ['staging', 'production'] },
    data: { kind: 'any' },
  }),
  needs: object({
    build: object({ result: end, outputs: object({ tag: { kind: 'any' } }) }),
    lint: object({ result: end, outputs: object({}) }),
  }),
  steps: object({
    one: object({ outcome: end, conclusion: end, outputs: object({ list: { kind: 'array', items: end } }) }),
  }),
  matrix: object({ os: { kind: 'one-of', values: ['linux'] }, node: { kind: 'one-of', values: [22, 24] } }),
  runner: object({
    os: { kind: 'one-of', values: ['Linux', 'macOS'] },
    labels: { kind: 'array', items: { kind: 'text' } },
  }),
});

/** Each warning as its code, the piece of the source it points at, and what to do. */
function warnings(
  source: string,
): readonly { code: string; at: string; message: string; remedy: string; fixed?: string }[] {
  const { warnings: found, diagnostics } = checkExpression(sourceOf(source), scope);
  expect(diagnostics).toEqual([]);
  return found.map(({ code, message, remedy, column = 0, end_column = 0, fix }) => {
    const [edit] = fix?.edits ?? [];
    const fixed =
      edit === undefined
        ? undefined
        : source.slice(0, edit.start.column - 1) + edit.text + source.slice(edit.end.column - 1);
    const at = source.slice(column - 1, end_column - 1);
    return { code, at, message, remedy, ...(fixed === undefined ? {} : { fixed }) };
  });
}

describe('a comparison that can never be true', () => {
  test.each([
    ["needs.build.result == 'sucess'", "'sucess'", '`success`', "needs.build.result == 'success'"],
    ["'sucess' == needs.build.result", "'sucess'", '`success`', "'success' == needs.build.result"],
    ["needs.build.result != 'failed'", "'failed'", 'success, failure', undefined],
    ["steps.one.outcome == 'succeeded'", "'succeeded'", 'success', undefined],
    ["inputs.stage == 'prod'", "'prod'", '`production`', undefined],
    ["inputs.flag == 'true'", "'true'", 'without quotes', 'inputs.flag == true'],
    ["inputs.flag != 'false'", "'false'", '!inputs.flag', 'inputs.flag != false'],
    ["inputs.flag == 'yes'", "'yes'", 'inputs.flag', undefined],
    ["inputs.count == 'many'", "'many'", 'a number', undefined],
    ["inputs.count > 'many'", "'many'", 'a number', undefined],
    ['matrix.node == 20', '20', '22, 24', undefined],
    ["matrix.node == 'v22'", "'v22'", '22, 24', undefined],
    ["matrix.os == 'windows'", "'windows'", 'linux', undefined],
    ["runner.os == 'Windows'", "'Windows'", 'Linux, macOS', undefined],
    ["needs.build == 'success'", 'needs.build', 'result, outputs', undefined],
    ["'success' == needs.build", 'needs.build', 'result, outputs', undefined],
    ["needs.*.result == 'success'", 'needs.*.result', 'contains(needs.*.result, …)', undefined],
    ["runner.labels == 'gpu'", 'runner.labels', 'contains', undefined],
    ["contains(needs.*.result, 'failed')", "'failed'", 'success, failure', undefined],
    [
      "contains(steps.one.outputs.list, 'sucess')",
      "'sucess'",
      '`success`',
      "contains(steps.one.outputs.list, 'success')",
    ],
    ["(inputs.flag && 'a' || 'b') == 'c'", "'c'", 'a, b', undefined],
    ["format('{0}', 1) == fromJSON('1') || inputs.flag == 'on'", "'on'", 'inputs.flag', undefined],
    ['NaN == inputs.count', 'NaN', 'a number', undefined],
  ])('%s', (source, at, remedy, fixed) => {
    const found = warnings(source);
    expect(found).toMatchObject([{ code: 'NEVER_TRUE', at, ...(fixed === undefined ? {} : { fixed }) }]);
    expect(`${found[0]?.message}. ${found[0]?.remedy}`).toContain(remedy);
  });

  test('is told wherever in an expression it stands, each once', () => {
    const source =
      "inputs.name == 'a' && (needs.build.result == 'ok' || !(inputs.stage == 'x')) || case(inputs.flag == 'no', 1, 2)";
    expect(warnings(source).map(({ at }) => at)).toEqual(["'ok'", "'x'", "'no'"]);
  });

  test('of two values that are written out is told as such', () => {
    expect(warnings("'a' == 'b'")).toMatchObject([{ code: 'CONSTANT_CONDITION', at: "'a' == 'b'" }]);
    expect(warnings("1 == '1'")).toMatchObject([{ code: 'CONSTANT_CONDITION', at: "1 == '1'" }]);
    expect(warnings("'abc' > 1 && inputs.flag")).toMatchObject([{ code: 'CONSTANT_CONDITION', at: "'abc' > 1" }]);
    expect(warnings("contains('abc', 'b')")).toMatchObject([{ code: 'CONSTANT_CONDITION', at: "'abc', 'b'" }]);
  });
});

describe('nothing is said of', () => {
  test.each([
    // What may be equal, by the rules of kinds.
    "needs.build.result == 'SUCCESS'",
    'inputs.flag == 1',
    "inputs.flag == '1'",
    "inputs.flag == ''",
    'inputs.flag == true',
    "inputs.count == '3'",
    "inputs.count == ''",
    'inputs.count == true',
    "matrix.node == '22'",
    'inputs.name == 5 || inputs.name == true',
    "inputs.name == ''",
    'inputs.name > 3',
    "runner.os == 'linux'",
    // What asks whether something is there.
    "needs.build.result == ''",
    'needs.build.outputs == null',
    "matrix.os == ''",
    // What isn't known.
    "inputs.data == 'x'",
    "needs.build.outputs.tag == 'v1'",
    "fromJSON(inputs.name) == 'x'",
    "vars.x == 'y'",
    'steps.one == steps.one',
    'needs.build.outputs == fromJSON(inputs.name)',
    "contains(needs.*.result, 'failure')",
    "contains(needs.*.outputs.tag, 'x')",
    "contains(inputs.stage, 'prod')",
    // What is always true today, of a matrix that may grow.
    "matrix.os == 'linux'",
    'success() || failure()',
    'always()',
    '!cancelled()',
    'inputs.flag || !inputs.flag',
  ])('%s', (source) => {
    expect(warnings(source)).toEqual([]);
    expect(checkExpression(sourceOf(source), scope).constant).toBeUndefined();
  });

  test('comparisons in an expression that has errors', () => {
    expect(checkExpression(sourceOf("needs.build.result == 'sucess' && nope.x"), scope).warnings).toEqual([]);
  });
});

describe('an expression that is always the same', () => {
  test.each([
    ['true', true, true],
    ["'x'", true, true],
    ['false', false, true],
    ['0', false, true],
    ["''", false, true],
    ["vars.x || 'default'", true, false],
    ['vars.x && false', false, false],
    ["!'x'", false, false],
    ["startsWith('abc', 'b')", false, false],
    ['needs.build.outputs.tag && needs.build && 0', false, false],
    ["case(inputs.flag, 'a', 'b')", true, false],
  ])('%s', (source, value, written) => {
    expect(checkExpression(sourceOf(source), scope).constant).toEqual({ value, written });
  });

  test('failure(), where nothing can have failed', () => {
    const nothingBefore = { ...scope, never: ['failure'] };
    expect(checkExpression(sourceOf('failure()'), nothingBefore).constant).toEqual({ value: false, written: false });
    expect(checkExpression(sourceOf('failure() || always()'), nothingBefore).constant).toBeUndefined();
  });
});

describe('what is said of an expression', () => {
  const maybe = (arbitrary: fc.Arbitrary<Json>): fc.Arbitrary<Json> => fc.oneof(fc.constant(null), arbitrary);
  const ends = maybe(fc.constantFrom('success', 'failure', 'cancelled', 'skipped'));
  const contexts = fc.record({
    inputs: fc.record({
      flag: maybe(fc.boolean()),
      count: maybe(fc.oneof(fc.integer({ min: -1, max: 3 }), fc.constant(Number.NaN))),
      name: maybe(fc.constantFrom('', '1', 'true', 'x', ' ')),
      stage: maybe(fc.constantFrom('staging', 'production')),
      data: fc.jsonValue().map((value) => value as Json), // What fast-check calls JSON is JSON.
    }),
    needs: fc.record({
      build: fc.record({ result: ends, outputs: fc.record({ tag: fc.constantFrom<Json>('v1', null, 1, [], {}) }) }),
      lint: fc.record({ result: ends, outputs: fc.record({}) }),
    }),
    steps: fc.record({
      one: fc.record({ outcome: ends, conclusion: ends, outputs: fc.record({ list: maybe(fc.array(ends)) }) }),
    }),
    matrix: fc.record({ os: maybe(fc.constant('linux')), node: maybe(fc.constantFrom(22, 24)) }),
    runner: fc.record({ os: maybe(fc.constantFrom('Linux', 'macOS')), labels: maybe(fc.array(fc.string())) }),
  });
  const accesses = [
    [
      'inputs.flag',
      'inputs.count',
      'inputs.name',
      'inputs.stage',
      'inputs.data',
      'inputs.data.x',
      'needs.build.result',
    ],
    ['needs.*.result', 'needs.build', 'needs.build.outputs.tag', 'steps.one.outcome', 'steps.one.outputs.list'],
    ['steps.one.outputs.list[0]', 'matrix.os', 'matrix.node', 'runner.os', 'runner.labels', 'needs.*.outputs'],
  ].flat();
  const literals = [
    'null',
    'true',
    'false',
    '0',
    '1',
    '22',
    'NaN',
    "''",
    "'true'",
    "'1'",
    "'success'",
    "'sucess'",
    "'x'",
  ];
  const calls = ['failure()', "format('{0}', inputs.count)", 'toJSON(inputs)', "fromJSON('[1]')"];
  const operand = fc.constantFrom(...accesses, ...literals, ...calls);
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      operand,
      fc
        .tuple(tie('expression'), fc.constantFrom('==', '!=', '<', '<=', '>', '>=', '&&', '||'), tie('expression'))
        .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
      tie('expression').map((inner) => `!(${inner})`),
      fc.tuple(tie('expression'), tie('expression')).map(([search, item]) => `contains(${search}, ${item})`),
      fc.tuple(tie('expression'), tie('expression')).map(([text, part]) => `startsWith(${text}, ${part})`),
      fc
        .tuple(tie('expression'), tie('expression'), tie('expression'))
        .map(([condition, yes, no]) => `case(!(${condition}), ${yes}, ${no})`),
    ),
  }));
  const status = { success: false, failure: true, cancelled: false };

  test('holds for whatever the contexts hold', () => {
    fc.assert(
      fc.property(expression, contexts, (source, given) => {
        const { constant, warnings: found, diagnostics } = checkExpression(sourceOf(source), scope);
        fc.pre(diagnostics.length === 0);
        const evaluation = evaluateExpression(sourceOf(source), { contexts: given, status });
        fc.pre('ok' in evaluation);
        const isWhole = /^\(([^()]*)\) (?:[=!]=|[<>]=?) \(([^()]*)\)$/.test(source);
        const told = [constant?.value, isWhole ? found[0]?.message.includes('is always true') : undefined];
        const actual = isTruthy(evaluation.ok);
        expect(told.filter((truth) => truth === !actual)).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });
});
