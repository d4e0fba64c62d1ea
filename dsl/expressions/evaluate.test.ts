import { describe, expect, test } from 'vitest';

import type { Template } from '../../schemas/index.ts';
import { evaluateApart, evaluateExpression, evaluateTemplate, joinEvaluated } from './evaluate.ts';
import { parseTemplate } from './template.ts';
import { inLine, sourceOf, valueOf } from './testing/sources.ts';

const contexts = {
  needs: { build: { result: 'success', outputs: { tag: 'v1' } }, lint: { result: 'failure', outputs: { tag: 'v2' } } },
  inputs: {
    Name: 'Ada',
    list: [10, 20, 30],
    empty: '',
    deep: [{ items: [{ n: 1 }, { n: 2 }] }, { items: [{ n: 3 }] }, 7],
  },
  matrix: { os: 'linux', key: 'os' },
};

describe('literals', () => {
  test.each([
    ['null', null],
    ['true', true],
    ['false', false],
    ['12', 12],
    ['-1.5', -1.5],
    ['+2', 2],
    ['.5', 0.5],
    ['1e3', 1000],
    ['0xff', 255],
    ['0o17', 15],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ["''", ''],
    ["'a b'", 'a b'],
    ["'it''s'", "it's"],
    ["'a''b''c'", "a'b'c"],
    ["''''''", "''"],
    [`'"'`, '"'],
  ])('%s', (source, value) => {
    expect(valueOf(source)).toEqual(value);
  });
});

describe('operators', () => {
  test.each([
    // Precedence, high to low: ( ), index, !, < <= > >=, == !=, &&, ||.
    ['true || false && false', true],
    ['(true || false) && false', false],
    ['!false && false', false],
    ['!(true && false)', true],
    ['1 < 2 == true', true],
    ['1 == 1 && 2 == 2', true],
    ['false == false == false', false],
    ['!null == true', true],
    // && and || give an operand.
    ["'' || 'b'", 'b'],
    ["'a' || 'b'", 'a'],
    ["'a' && 'b'", 'b'],
    ["0 && 'b'", 0],
    ["null || false || ''", ''],
    ['1 && 2 && 3', 3],
    ["'a' && '' || 'c'", 'c'],
    // Different kinds become numbers.
    ['null == 0', true],
    ['null == false', true],
    ["null == ''", true],
    ["false == ''", true],
    ["true == '1'", true],
    ["true == 'true'", false],
    ["'0x10' == 16", true],
    ["'0b11' == 3", false],
    ["'' == 0", true],
    ["' 12 ' == 12", true],
    ["'abc' == 0", false],
    ['NaN == NaN', false],
    ['NaN != NaN', true],
    ["'abc' > 1", false],
    ["'abc' < 1", false],
    ["'10' > 9", true],
    ["'10' > '9'", false],
    ['null >= null', true],
    ['true > false', true],
    ['1 <= 1', true],
    // Texts ignore letter case and nothing else.
    ["'Main' == 'mAIN'", true],
    ["'Ä' == 'ä'", true],
    ["'ß' == 'SS'", false],
    ["'ı' == 'I'", false],
    ["'a' < 'B'", true],
    ["'_' > 'a'", true],
    ["'a' >= 'A'", true],
  ])('%s', (source, value) => {
    expect(valueOf(source)).toBe(value);
  });

  test('an operand that decides nothing is not evaluated', () => {
    expect(valueOf("false && fromJSON('wrong')")).toBe(false);
    expect(valueOf("'a' || fromJSON('wrong')")).toBe('a');
    expect(() => valueOf("true && fromJSON('wrong')")).toThrow('EVALUATION_FAILED');
  });

  test('arrays and objects are equal to themselves alone', () => {
    expect(valueOf('inputs.list == inputs.list', contexts)).toBe(true);
    expect(valueOf('needs == needs', contexts)).toBe(true);
    expect(valueOf("fromJSON('[1]') == fromJSON('[1]')")).toBe(false);
    expect(valueOf('inputs.list == 10', contexts)).toBe(false);
    expect(valueOf('needs > needs', contexts)).toBe(false);
  });
});

describe('contexts', () => {
  test.each([
    ['needs.build.result', 'success'],
    ["needs['build']['result']", 'success'],
    ['NEEDS.Build.RESULT', 'success'],
    ['inputs.name', 'Ada'],
    ["inputs['NAME']", 'Ada'],
    ['matrix[matrix.key]', 'linux'],
    ['inputs.list[1]', 20],
    ["inputs.list['1']", 20],
    ['inputs.list[1.9]', 20],
    ['inputs.list[3]', null],
    ['inputs.list[-1]', null],
    ['inputs.list.length', null],
    ['inputs.missing', null],
    ['inputs.missing.further.still', null],
    ['inputs.name.first', null],
    ['absent', null],
    ['needs.*.result', ['success', 'failure']],
    ['needs[*].result', ['success', 'failure']],
    ['needs.*.outputs.tag', ['v1', 'v2']],
    ['needs.*.missing', []],
    ['inputs.list.*', [10, 20, 30]],
    ['inputs.name.*', []],
    ['inputs.deep.*.items', [[{ n: 1 }, { n: 2 }], [{ n: 3 }]]],
    ['inputs.deep.*.items.*.n', [1, 2, 3]],
    ['inputs.deep.*.items[0].n', [1, 3]],
    ['(needs.build).outputs.tag', 'v1'],
    ['fromJSON(\'{"a":{"b":1}}\').a.b', 1],
    ["inputs['']", null],
  ])('%s', (source, value) => {
    expect(valueOf(source, contexts)).toEqual(value);
  });

  test('a hyphen belongs to the name', () => {
    expect(valueOf('steps.my-step.outputs.x', { steps: { 'my-step': { outputs: { x: 1 } } } })).toBe(1);
  });

  test('keys that JavaScript inherits are keys like any other', () => {
    const odd = JSON.parse('{ "constructor": 1, "__proto__": { "x": 2 } }');
    expect(valueOf('inputs.constructor', { inputs: odd })).toBe(1);
    expect(valueOf('inputs.__proto__.x', { inputs: odd })).toBe(2);
    expect(valueOf('inputs.constructor', { inputs: {} })).toBeNull();
    expect(valueOf('inputs.__proto__', { inputs: {} })).toBeNull();
    expect(valueOf('inputs.list.constructor.name', contexts)).toBeNull();
    expect(valueOf('constructor')).toBeNull();
  });
});

describe('what was read', () => {
  const readBy = (source: string) => {
    const evaluation = evaluateExpression(sourceOf(source), { contexts });
    return 'read' in evaluation ? evaluation.read : evaluation;
  };

  test('is listed by the paths that the user wrote', () => {
    expect(readBy("needs.build.result == 'success' && Needs['lint'].result == 'success'")).toEqual([
      { path: 'needs.build.result', value: 'success' },
      { path: "Needs['lint'].result", value: 'failure' },
    ]);
  });

  test('holds each path once, and what an index read', () => {
    expect(readBy('matrix[ matrix.key ] == matrix.key || matrix.key')).toEqual([
      { path: 'matrix.key', value: 'os' },
      { path: 'matrix[ matrix.key ]', value: 'linux' },
    ]);
  });

  test('leaves out what was not evaluated', () => {
    expect(readBy('needs.build.result && true || matrix.os')).toEqual([
      { path: 'needs.build.result', value: 'success' },
    ]);
  });

  test('holds filtered arrays and missing values', () => {
    expect(readBy("contains(needs.*.result, 'failure') && inputs.gone")).toEqual([
      { path: 'needs.*.result', value: ['success', 'failure'] },
      { path: 'inputs.gone', value: null },
    ]);
  });

  test('never holds a secret', () => {
    const evaluation = evaluateExpression(sourceOf("secrets.TOKEN != '' && SECRETS['other'] != ''"), {
      contexts: { secrets: { TOKEN: 'placeholder', other: 'placeholder' } },
    });
    expect(evaluation).toEqual({ ok: true, read: [] });
  });
});

describe('errors', () => {
  test('stand at the function that failed, in the file', () => {
    const { template } = parseTemplate("a: ${{ inputs.x || fromJSON('nonsense') }}", inLine(7, 5));
    expect(evaluateTemplate(template, { contexts: {} })).toEqual({
      error: {
        code: 'EVALUATION_FAILED',
        message: 'fromJSON was given `nonsense`, which is not JSON',
        remedy: expect.stringContaining('JSON'),
        file: 'test.yml',
        line: 7,
        column: 24,
        end_line: 7,
        end_column: 32,
      },
    });
  });

  test('keep their cause when they happen inside an index', () => {
    expect(() => valueOf("inputs[fromJSON('x')]", contexts)).toThrow('EVALUATION_FAILED: fromJSON was given `x`');
  });

  test('are values for expressions that nobody checked', () => {
    expect(() => valueOf('1 +')).toThrow('EXPRESSION_SYNTAX');
    expect(() => valueOf('unknown()')).toThrow('EVALUATION_FAILED: there is no function `unknown`');
    expect(() => valueOf('constructor()')).toThrow('EVALUATION_FAILED: there is no function');
    expect(() => valueOf("contains('a')")).toThrow('EVALUATION_FAILED: contains takes 2 arguments, and 1 is given');
    expect(() => valueOf('success()')).toThrow("EVALUATION_FAILED: success() can't be answered here");
  });

  test('end what makes too much text, however it is made', () => {
    const large = 'x'.repeat(1024 * 1024);
    const doubling = `${"format('{0}{0}', ".repeat(40)}inputs.x${')'.repeat(40)}`;
    expect(() => valueOf(doubling, { inputs: { x: 'xxxx' } })).toThrow('LIMIT_EXCEEDED');
    expect(() => valueOf(`format('${'{0}'.repeat(11)}', inputs.x)`, { inputs: { x: large } })).toThrow(
      'LIMIT_EXCEEDED',
    );
    const arrays = { inputs: { a: Array.from({ length: 200 }, () => 1), s: large } };
    expect(() => valueOf('join(inputs.a, inputs.s)', arrays)).toThrow('LIMIT_EXCEEDED');
    const escaped = `${'toJSON('.repeat(30)}'"'${')'.repeat(30)}`;
    expect(() => valueOf(escaped)).toThrow('LIMIT_EXCEEDED');
    const repeated = Array.from({ length: 11 }, () => 'toJSON(inputs.x) == 1').join(' || ');
    expect(() => valueOf(repeated, { inputs: { x: large } })).toThrow('LIMIT_EXCEEDED');
  });

  test('end a filter over more values than the stack holds', () => {
    const wide = Object.fromEntries(Array.from({ length: 300_000 }, (_, index) => [`k${index}`, 1]));
    expect(() => valueOf('inputs.*', { inputs: wide })).toThrow('LIMIT_EXCEEDED');
  });
});

describe('evaluateTemplate', () => {
  const templateOf = (text: string): Template => parseTemplate(text, inLine(1, 1)).template;
  const evaluated = (template: Template) => {
    const evaluation = evaluateTemplate(template, { contexts });
    return 'ok' in evaluation ? evaluation.ok : evaluation.error.code;
  };

  test('one expression alone keeps its type', () => {
    expect(evaluated(templateOf('${{ inputs.list }}'))).toEqual([10, 20, 30]);
    expect(evaluated(templateOf('${{ 1 == 1 }}'))).toBe(true);
    expect(evaluated(templateOf('${{ null }}'))).toBeNull();
  });

  test('text around it makes everything text', () => {
    expect(evaluated(templateOf(' ${{ 12 }}'))).toBe(' 12');
    expect(evaluated(templateOf('${{ 1 }}${{ 2 }}'))).toBe('12');
    expect(evaluated(templateOf('<${{ null }}|${{ true }}|${{ 1e21 }}|${{ inputs.list }}|${{ needs }}>'))).toBe(
      '<|true|1E+21|Array|Object>',
    );
  });

  test('objects and arrays are walked, and what was read is listed over all', () => {
    const template: Template = {
      kind: 'object',
      entries: [
        ['name', templateOf('${{ inputs.name }}!')],
        ['list', { kind: 'array', items: [templateOf('${{ matrix.os }}'), { kind: 'literal', value: 1 }] }],
        ['__proto__', templateOf('${{ inputs.name }}')],
      ],
    };
    const evaluation = evaluateTemplate(template, { contexts });
    expect(evaluation).toEqual({
      ok: JSON.parse('{ "name": "Ada!", "list": ["linux", 1], "__proto__": "Ada" }'),
      read: [
        { path: 'inputs.name', value: 'Ada' },
        { path: 'matrix.os', value: 'linux' },
      ],
    });
  });

  test('what expressions give can be left apart from the text around it', () => {
    const at = inLine(1, 1)(0);
    const template: Template = {
      kind: 'array',
      items: [templateOf('a/${{ inputs.name }}*'), templateOf('${{ inputs.list }}')],
    };
    const apart = evaluateApart(template, { contexts });
    expect(apart).toMatchObject({
      ok: {
        items: [
          { kind: 'text', parts: ['a/', { source: 'inputs.name', value: 'Ada', at: { line: at.line } }, '*'] },
          { kind: 'expression', expression: { source: 'inputs.list', value: [10, 20, 30] } },
        ],
      },
    });
    expect('ok' in apart && joinEvaluated(apart.ok)).toEqual(['a/Ada*', [10, 20, 30]]);
  });

  test('the first failure fails the whole', () => {
    expect(evaluated({ kind: 'array', items: [templateOf('a'), templateOf("${{ fromJSON('') }}")] })).toBe(
      'EVALUATION_FAILED',
    );
    expect(evaluated(templateOf("a ${{ fromJSON('') }}"))).toBe('EVALUATION_FAILED');
  });

  test('text that grows too long is a limit, at the expression that went too far', () => {
    const template = templateOf(Array.from({ length: 11 }, () => '${{ inputs.x }}').join(' '));
    const evaluation = evaluateTemplate(template, { contexts: { inputs: { x: 'x'.repeat(1024 * 1024) } } });
    expect(evaluation).toMatchObject({ error: { code: 'LIMIT_EXCEEDED', column: 10 * 16 + 5 } });
  });
});
