import { describe, expect, test } from 'vitest';

import type { ExpressionScope, Shape } from './api.ts';
import { checkExpression } from './check.ts';
import { conditionSource } from './condition.ts';
import { type ExpressionPlace, expressionScope } from './scopes.ts';
import { inLine, sourceOf } from './testing/sources.ts';

const any: Shape = { kind: 'any' };
const object = (properties: Record<string, Shape>, options: { open?: boolean } = {}): Shape => ({
  kind: 'object',
  properties,
  ...options,
});

const shapes = {
  inputs: object({ tag: any, 'dry-run': any }),
  needs: object({
    build: object({ result: any, outputs: object({ path: any }) }),
    lint: object({ result: any, outputs: object({}) }),
  }),
  env: object({ HOME: any, TOKEN: { kind: 'secret' } }, { open: true }),
  matrix: object({ os: any }),
};

/** Each diagnostic as its code, the piece of the source it points at, and its remedy. */
function found(source: string, scope: ExpressionPlace | ExpressionScope = 'step-if') {
  const checked = checkExpression(sourceOf(source), typeof scope === 'string' ? expressionScope(scope, shapes) : scope);
  return checked.diagnostics.map(({ code, column = 0, end_column: end = 0, message, remedy }) => ({
    code,
    at: source.slice(column - 1, end - 1),
    message,
    remedy,
  }));
}

describe('contexts', () => {
  test.each([
    ['inputs.tag', 'step-if'],
    ['INPUTS.Tag', 'step-if'],
    ["inputs['dry-run']", 'workflow'],
    ['needs.build.outputs.path', 'job-if'],
    ['needs.*.result', 'job-if'],
    ['needs.*.outputs.path', 'job'],
    ['needs[matrix.os].outputs.path', 'step-if'],
    ['env.ANYTHING', 'step'],
    ['secrets.ANYTHING', 'step-with'],
    ["vars['a b'].c", 'step-with'],
    ['inputs.tag.deeper', 'step-if'],
    ['fromJSON(inputs.tag).whatever', 'step-if'],
  ] as const)('%s may stand in %s', (source, place) => {
    expect(found(source, place)).toEqual([]);
  });

  test.each([
    ['input.tag', 'input', 'Did you mean `inputs`?'],
    ['neds.build', 'neds', 'Did you mean `needs`?'],
    ['main', 'main', "in single quotes: 'main'"],
    ['always', 'always', 'Did you mean to call it? Write `always()`'],
    ['True', 'True', 'Write `true`'],
    ['NULL', 'NULL', 'Write `null`'],
    ['infinity', 'infinity', 'Write `Infinity`'],
    ['github.ref', 'github', 'write `inputs.ref`'],
    ['github.Event.inputs.tag', 'github', 'Write `inputs.tag`.'],
    ['github.event.pull_request.title', 'github', 'write `inputs.title`'],
    ['secret.TOKEN', 'secret', 'Did you mean `secrets`? It is not available'],
    ['constructor', 'constructor', 'Available here: inputs'],
  ])('%s is unknown', (source, at, remedy) => {
    expect(found(source)).toMatchObject([{ code: 'UNKNOWN_CONTEXT', at, remedy: expect.stringContaining(remedy) }]);
  });

  test.each([
    ['matrix.os', 'job-if', 'matrix'],
    ['Steps.a.outputs.b', 'job', 'Steps'],
    ['needs.build', 'workflow', 'needs'],
    ['runner.os', 'job', 'runner'],
    ['env.X', 'manifest', 'env'],
    ['each.value', 'step-with', 'each'],
  ] as const)('%s is not available in %s', (source, place, at) => {
    expect(found(source, place)).toMatchObject([
      { code: 'CONTEXT_NOT_AVAILABLE', at, remedy: expect.stringContaining('Available here: inputs') },
    ]);
  });

  test.each([
    ['step-if', "`env` and compare that with ''"],
    ['job-if', '`with` and `env` of a step'],
  ] as const)('says where secrets belong instead of %s', (place, remedy) => {
    expect(found('secrets.TOKEN', place)).toMatchObject([
      { code: 'CONTEXT_NOT_AVAILABLE', at: 'secrets', remedy: expect.stringContaining(remedy) },
    ]);
  });

  test('each is available where its shape is given', () => {
    const scope = expressionScope('step-with', { ...shapes, each: object({ value: any, index: any }) });
    expect(found('each.value', scope)).toEqual([]);
    expect(found('each.idx', scope)).toMatchObject([{ code: 'UNKNOWN_PROPERTY', at: 'idx' }]);
  });

  test.each([
    ['inputs.tga', 'tga', 'Did you mean `tag`?'],
    ["inputs['dry_run']", "'dry_run'", 'Did you mean `dry-run`?'],
    ['needs.biuld.result', 'biuld', 'Did you mean `build`?'],
    ['needs.build.reslt', 'reslt', 'Did you mean `result`?'],
    ['needs.build.outputs.pth', 'pth', 'Did you mean `path`?'],
    ['needs.lint.outputs.path', 'path', 'Add `path: …` under `outputs` of the job `lint`.'],
    [
      'inputs.other',
      'other',
      'Declare it: `other: { type: string }` under `inputs` of `on.manual`. Available here: tag',
    ],
    ['needs.*.reslt', 'reslt', 'Did you mean `result`?'],
    ['needs[inputs.tag].reslt', 'reslt', 'Did you mean `result`?'],
    ['inputs.constructor', 'constructor', 'Available here: tag, dry-run'],
    ['env.TOKEN.length', 'length', 'A secret is a text'],
  ])('%s has no such property', (source, at, remedy) => {
    expect(found(source)).toMatchObject([{ code: 'UNKNOWN_PROPERTY', at, remedy: expect.stringContaining(remedy) }]);
  });
});

describe('functions', () => {
  test.each([
    ['contain(inputs.tag, 1)', 'contain', 'Did you mean `contains`?'],
    ["startWith(inputs.tag, 'v')", 'startWith', 'Did you mean `startsWith`?'],
    ['toString(1)', 'toString', 'Available here: contains'],
    ['constructor()', 'constructor', 'Available here: contains'],
    ['__proto__()', '__proto__', 'Available here: contains'],
  ])('%s is unknown', (source, at, remedy) => {
    expect(found(source)).toMatchObject([{ code: 'UNKNOWN_FUNCTION', at, remedy: expect.stringContaining(remedy) }]);
  });

  test.each([
    ['always()', 'step-with'],
    ["hashFiles('a')", 'job-if'],
    ['Success()', 'workflow'],
  ] as const)('%s is not available in %s', (source, place) => {
    expect(found(source, place)).toMatchObject([
      { code: 'UNKNOWN_FUNCTION', message: expect.stringContaining('is not available in') },
    ]);
  });

  test.each([
    ['contains(inputs.tag)', 'contains takes 2 arguments, and 1 is given'],
    ['contains(1, 2, 3)', 'contains takes 2 arguments, and 3 are given'],
    ['toJSON()', 'toJSON takes 1 argument, and none is given'],
    ['join(1, 2, 3)', 'join takes 1 to 2 arguments, and 3 are given'],
    ['format()', 'format takes at least 1 argument, and none is given'],
    ['always(1)', 'always takes no arguments, and 1 is given'],
    ['case(true, 1)', 'case takes at least 3 arguments, and 2 are given'],
    ['case(true, 1, false, 2)', 'case takes pairs of a condition and a value, and one value more; 4 are given'],
    [
      `format('', ${Array.from({ length: 255 }, () => '1').join(', ')})`,
      'format takes at least 1 argument, and 256 are given',
    ],
  ])('%s has the wrong number of arguments', (source, message) => {
    expect(found(source)).toMatchObject([
      {
        code: 'WRONG_ARGUMENT_COUNT',
        message,
        at: source.slice(0, source.indexOf('(')),
        remedy: expect.stringContaining('Write `'),
      },
    ]);
  });

  test('a format text that is written out is read', () => {
    expect(found("format('{0} {1}', 1)")).toMatchObject([{ code: 'WRONG_ARGUMENT_COUNT', at: "'{0} {1}'" }]);
    expect(found("format('{x}', 1)")).toMatchObject([{ code: 'INVALID_VALUE', at: "'{x}'" }]);
    expect(found('format(inputs.tag, 1)')).toEqual([]);
  });
});

test('everything that is wrong is found, in the order of the source', () => {
  expect(
    found("nope.x && inputs.tga == contain('a') && toJSON() || secrets.X").map(({ code, at }) => [code, at]),
  ).toEqual([
    ['UNKNOWN_CONTEXT', 'nope'],
    ['UNKNOWN_PROPERTY', 'tga'],
    ['UNKNOWN_FUNCTION', 'contain'],
    ['WRONG_ARGUMENT_COUNT', 'toJSON'],
    ['CONTEXT_NOT_AVAILABLE', 'secrets'],
  ]);
});

test('a syntax error is the only one of its expression', () => {
  expect(found('nope.x && (inputs.tga')).toMatchObject([{ code: 'EXPRESSION_SYNTAX', at: 'tga' }]);
  expect(checkExpression(sourceOf('a b'), expressionScope('job'))).toMatchObject({ references: [], calls: [] });
});

test('what an expression reads and calls is told, and that it gives no list', () => {
  const checked = checkExpression(
    sourceOf(
      "Needs.build.result == 'x' && contains(steps.*.outcome, matrix[inputs.tag]) && !CONTAINS(inputs.tag, 'a') && Always()",
    ),
    expressionScope('step-if'),
  );
  expect(checked).toEqual({
    diagnostics: [],
    warnings: [],
    references: [['needs', 'build', 'result'], ['steps'], ['matrix'], ['inputs', 'tag']],
    calls: ['contains', 'always'],
    plain: true,
  });
});

test('a condition and its check say each mistake once, at its place in the file', () => {
  const { expression, diagnostics } = conditionSource('${{ inputs.tga }}', inLine(9, 11));
  if (expression === undefined) throw new Error('no expression');
  expect(diagnostics).toEqual([]);
  expect(checkExpression(expression, expressionScope('step-if', shapes)).diagnostics).toEqual([
    {
      severity: 'error',
      code: 'UNKNOWN_PROPERTY',
      message: '`inputs` has no property `tga`',
      remedy: 'Did you mean `tag`? Available here: tag, dry-run.',
      file: 'test.yml',
      line: 9,
      column: 22,
      end_line: 9,
      end_column: 25,
      fix: {
        description: 'write `tag`',
        edits: [{ start: { line: 9, column: 22 }, end: { line: 9, column: 25 }, text: 'tag' }],
      },
    },
  ]);
});

describe('secrets', () => {
  test.each([
    'secrets.TOKEN',
    "format('Bearer {0}', secrets.TOKEN)",
    "secrets.TOKEN == ''",
    "'' != secrets.TOKEN",
    "secrets['TOKEN'] == ('')",
    "secrets.TOKEN && 'set' || 'unset'",
    "(secrets.TOKEN && 'set') == 'set'",
    "secrets.TOKEN != '' && contains(inputs.tag, 'v')",
    '!secrets.TOKEN',
    'secrets.FIRST || secrets.SECOND',
    'secrets[matrix.os]',
    'env.TOKEN',
    "env.TOKEN == ''",
    "env.HOME == '/root'",
    "contains(env.OTHER, 'x')",
    "case(inputs.tag == 'a', secrets.A, secrets.B)",
    "join(fromJSON('[1]'), secrets.A)",
  ])('%s is allowed', (source) => {
    expect(found(source, 'step-with')).toEqual([]);
  });

  test.each([
    ["secrets.TOKEN == 'guess'", 'secrets.TOKEN'],
    ["'guess' != secrets['TOKEN']", "secrets['TOKEN']"],
    ["secrets.TOKEN < ''", 'secrets.TOKEN'],
    ['secrets.TOKEN == inputs.tag', 'secrets.TOKEN'],
    ["contains(secrets.TOKEN, 'a')", 'secrets.TOKEN'],
    ['contains(inputs.tag, secrets.TOKEN)', 'secrets.TOKEN'],
    ["startsWith(secrets.TOKEN, 'a')", 'secrets.TOKEN'],
    ["endsWith((secrets.TOKEN), 'a')", 'secrets.TOKEN'],
    ['fromJSON(secrets.TOKEN).key', 'secrets.TOKEN'],
    ['toJSON(secrets)', 'secrets'],
    ['toJSON(secrets.*)', 'secrets.*'],
    ['hashFiles(secrets.TOKEN)', 'secrets.TOKEN'],
    ['format(secrets.TOKEN, 1)', 'secrets.TOKEN'],
    ['matrix[secrets.TOKEN]', 'secrets.TOKEN'],
    ['secrets[secrets.TOKEN]', 'secrets.TOKEN'],
    ["format('{0}', secrets.TOKEN) == 'guess'", 'secrets.TOKEN'],
    ["contains(format('{0}', secrets.TOKEN), 'a')", 'secrets.TOKEN'],
    ["(inputs.tag || secrets.TOKEN) == 'guess'", 'secrets.TOKEN'],
    ["(inputs.tag && secrets.TOKEN) == 'guess'", 'secrets.TOKEN'],
    ["case(true, secrets.TOKEN, '') == 'guess'", 'secrets.TOKEN'],
    ["join(secrets.TOKEN) == 'guess'", 'secrets.TOKEN'],
    ["env.TOKEN == 'guess'", 'env.TOKEN'],
    ["contains(env['token'], 'a')", "env['token']"],
    ['toJSON(env)', 'env'],
    ["!(secrets.TOKEN == 'guess')", 'secrets.TOKEN'],
    ["inputs.tag && (true && SECRETS.TOKEN == 'guess')", 'SECRETS.TOKEN'],
  ])('%s would read one', (source, at) => {
    expect(found(source, 'step-with')).toMatchObject([{ code: 'SECRET_NOT_READABLE', at }]);
  });

  test('each secret that is read is told', () => {
    expect(found('contains(secrets.A, secrets.B) || secrets.C == secrets.D', 'step-with')).toHaveLength(4);
  });

  test('a wildcard over more keys than are followed still reads the secret among them, and anything else', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`KEY${index}`, any]));
    const scope = (env: Shape) => expressionScope('step-with', { ...shapes, env });
    const withSecret = scope(object({ ...many, TOKEN: { kind: 'secret' } }));
    expect(found('toJSON(env.*)', withSecret)).toMatchObject([{ code: 'SECRET_NOT_READABLE', at: 'env.*' }]);
    expect(found('toJSON(env.*) && env.*.anything', scope(object(many)))).toEqual([]);
  });

  test('where secrets are not available, that alone is said', () => {
    expect(found("secrets.TOKEN == 'guess'", 'step-if')).toMatchObject([{ code: 'CONTEXT_NOT_AVAILABLE' }]);
  });
});
