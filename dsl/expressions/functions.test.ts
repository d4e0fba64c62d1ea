import { describe, expect, test } from 'vitest';

import { type Json, WaterflowFailure } from '../../schemas/index.ts';
import { valueOf } from './testing/sources.ts';

const contexts = { inputs: { list: ['a', 1, true, null], object: { k: 'v' }, nested: [{ a: [] }, {}, 'x"y'] } };

describe('contains, startsWith, endsWith', () => {
  test.each([
    ["contains('Hello world', 'LLO')", true],
    ["contains('Hello', '')", true],
    ["contains('hello', 'x')", false],
    ['contains(123, 2)', true],
    ["contains(null, '')", true],
    ["contains('abc', inputs.list)", false],
    ["contains(inputs.list, 'A')", true],
    ["contains(inputs.list, '1')", true],
    ['contains(inputs.list, 2)', false],
    ["contains(inputs.object, 'v')", false],
    ["contains(fromJSON('[]'), '')", false],
    ["contains('straße', 'SS')", false],
    ["startsWith('Hello', 'he')", true],
    ["startsWith('Hello', 'lo')", false],
    ["startsWith('', '')", true],
    ["startsWith(inputs.list, '')", false],
    ["startsWith('Array', inputs.list)", false],
    ["endsWith('Hello', 'LO')", true],
    ["endsWith('Hello', 'he')", false],
    ["endsWith(12.5, '.5')", true],
  ])('%s', (source, value) => {
    expect(valueOf(source, contexts)).toBe(value);
  });
});

describe('format', () => {
  test.each([
    ["format('{0} {1} {0}', 'a', 'b')", 'a b a'],
    ["format('{{0}}', 'a')", '{0}'],
    ["format('{{{0}}}', 'a')", '{a}'],
    ["format('{0:}', 'a')", 'a'],
    ["format('{00}', 'a')", 'a'],
    ["format('{0}{1}{2}{3}', null, true, 0.1, inputs.list)", 'true0.1Array'],
    ["format('it''s {0}', 'it''s')", "it's it's"],
    ["format('{0}', '{1}')", '{1}'],
    ['format(12)', '12'],
    ["format('unused', fromJSON('wrong'))", 'unused'],
  ])('%s', (source, value) => {
    expect(valueOf(source, contexts)).toBe(value);
  });

  test.each(['{', '}', '{a}', '{0', '0}', '{0}}', '{-1}', '{0:x}', '{256}', '{ 0 }'])('refuses %s', (text) => {
    expect(() => valueOf('format(inputs.text, 1)', { inputs: { text } })).toThrow(
      "EVALUATION_FAILED: format can't read",
    );
  });

  test('refuses a reference past the last argument', () => {
    expect(() => valueOf('format(inputs.text, 1)', { inputs: { text: '{0} {1}' } })).toThrow('no argument for {1}');
  });
});

describe('join', () => {
  test.each([
    ['join(inputs.list)', 'a,1,true,'],
    ["join(inputs.list, ' | ')", 'a | 1 | true | '],
    ['join(inputs.list, inputs.object)', 'a,1,true,'],
    ['join(inputs.list, null)', 'a1true'],
    ["join('text', '-')", 'text'],
    ['join(12)', '12'],
    ['join(inputs.object)', ''],
    ["join(fromJSON('[]'), '-')", ''],
    ["join(fromJSON('[1]'), fromJSON('wrong'))", '1'],
    ['join(inputs.nested)', 'Object,Object,x"y'],
  ])('%s', (source, value) => {
    expect(valueOf(source, contexts)).toBe(value);
  });
});

describe('toJSON, fromJSON', () => {
  test('toJSON indents by two spaces and keeps empty ones in a line', () => {
    expect(valueOf('toJSON(inputs.nested)', contexts)).toBe(
      ['[', '  {', '    "a": []', '  },', '  {},', '  "x\\"y"', ']'].join('\n'),
    );
  });

  test.each([
    ["toJSON('a\u2028\u0085')", '"a\\u2028\\u0085"'],
    ['toJSON(1e21)', '1E+21'],
    ['toJSON(0.1)', '0.1'],
    ['toJSON(null)', 'null'],
    ['toJSON(inputs.nested.*.a)', '[\n  []\n]'],
    ['TOJSON(true)', 'true'],
  ])('%s', (source, value) => {
    expect(valueOf(source, contexts)).toBe(value);
  });

  test.each([
    ['fromJSON(\'[1, {"A": null}]\')', [1, { A: null }]],
    ['fromJSON(\' "x" \')', 'x'],
    ["fromJSON('true')", true],
    ['fromJSON(\'{"Key": 1}\').KEY', 1],
    ['fromJSON(12)', 12],
    ['fromJson(toJSON(inputs.nested))', contexts.inputs.nested],
  ])('%s', (source, value) => {
    expect(valueOf(source, contexts)).toEqual(value);
  });

  test.each(["''", "' '", "'{'", "'[1,]'", "'undefined'", 'null', 'inputs.list'])('fromJSON refuses %s', (argument) => {
    expect(() => valueOf(`fromJSON(${argument})`, contexts)).toThrow('EVALUATION_FAILED: fromJSON was given');
  });

  test('fromJSON reads data of 200 levels, and not of one more', () => {
    const nested = (levels: number): string => `${'['.repeat(levels)}"]][\\"${'[['.repeat(300)}"${']'.repeat(levels)}`;
    expect(valueOf('contains(fromJSON(inputs.text), 1)', { inputs: { text: nested(200) } })).toBe(false);
    expect(() => valueOf('fromJSON(inputs.text)', { inputs: { text: nested(201) } })).toThrow('LIMIT_EXCEEDED');
    expect(() => valueOf('fromJSON(inputs.text)', { inputs: { text: nested(100_000) } })).toThrow('LIMIT_EXCEEDED');
  });

  test('toJSON writes data of 200 levels, and not of one more', () => {
    const nested = (levels: number): Json => (levels === 0 ? 1 : [nested(levels - 1)]);
    expect(valueOf('startsWith(toJSON(inputs.data), 1)', { inputs: { data: nested(200) } })).toBe(false);
    expect(() => valueOf('toJSON(inputs.data)', { inputs: { data: nested(201) } })).toThrow('LIMIT_EXCEEDED');
  });
});

describe('case', () => {
  test.each([
    ["case(true, 'a', 'b')", 'a'],
    ["case(false, 'a', 'b')", 'b'],
    ["case(false, 'a', 1 == 1, 'b', 'c')", 'b'],
    ["case(false, fromJSON('wrong'), true, 'b', fromJSON('wrong'))", 'b'],
  ])('%s', (source, value) => {
    expect(valueOf(source)).toBe(value);
  });

  test('refuses a condition that is neither true nor false', () => {
    expect(() => valueOf("case('true', 'a', 'b')")).toThrow('argument 1 of case must be true or false');
    expect(() => valueOf("case(false, 'a', 1, 'b', 'c')")).toThrow('argument 3 of case must be true or false');
  });
});

describe('status functions', () => {
  test('answer what the environment says', () => {
    const status = { success: false, failure: true, cancelled: false };
    expect(valueOf('success()', {}, { status })).toBe(false);
    expect(valueOf('Failure()', {}, { status })).toBe(true);
    expect(valueOf('cancelled()', {}, { status })).toBe(false);
    expect(valueOf('always()')).toBe(true);
  });
});

describe('hashFiles', () => {
  test('is answered by the agent', () => {
    const hashFiles = (patterns: readonly string[]) => `hash of ${patterns.join(' and ')}`;
    expect(valueOf("hashFiles('*.json', format('{0}.lock', 'a'))", {}, { hashFiles })).toBe(
      'hash of *.json and a.lock',
    );
  });

  test('fails with the error that the agent gives', () => {
    const hashFiles = () => {
      throw new WaterflowFailure({ code: 'LIMIT_EXCEEDED', message: 'too many files', remedy: 'match fewer' });
    };
    expect(() => valueOf("hashFiles('**')", {}, { hashFiles })).toThrow('LIMIT_EXCEEDED: too many files');
    const broken = () => {
      throw new Error('EACCES');
    };
    expect(() => valueOf("hashFiles('**')", {}, { hashFiles: broken })).toThrow(
      'EVALUATION_FAILED: hashFiles failed: EACCES',
    );
  });

  test('is refused where nobody can answer it', () => {
    expect(() => valueOf("hashFiles('**')")).toThrow("EVALUATION_FAILED: hashFiles() can't be answered here");
  });
});
