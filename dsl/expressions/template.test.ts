import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Position } from '../../schemas/index.ts';
import { checkExpression } from './check.ts';
import { evaluateTemplate } from './evaluate.ts';
import { expressionScope } from './scopes.ts';
import { expressionsOf, parseTemplate, referencesOf } from './template.ts';
import { inLine } from './testing/sources.ts';

const parse = (text: string) => parseTemplate(text, inLine(3, 11));
const at = (column: number) => ({ file: 'test.yml', line: 3, column });

describe('parseTemplate', () => {
  test('a text without expressions is a literal', () => {
    expect(parse('a $ {{ b }} $$')).toEqual({
      template: { kind: 'literal', value: 'a $ {{ b }} $$' },
      diagnostics: [],
    });
    expect(parse('')).toEqual({ template: { kind: 'literal', value: '' }, diagnostics: [] });
  });

  test('one expression alone keeps its source, trimmed, and its place', () => {
    expect(parse('${{ inputs.x }}').template).toEqual({
      kind: 'expression',
      expression: { source: 'inputs.x', at: at(15) },
    });
  });

  test('text around expressions is kept as it is', () => {
    expect(parse(' ${{a}}\n${{  b}} ').template).toMatchObject({
      kind: 'text',
      parts: [' ', { source: 'a' }, '\n', { source: 'b' }, ' '],
    });
  });

  test('braces in a text of the expression do not close it', () => {
    const { template } = parse("${{ format('}}{{ it''s }}', 1) }}");
    expect(template).toMatchObject({ expression: { source: "format('}}{{ it''s }}', 1)" } });
    expect(evaluateTemplate(parse("${{ '${{' }} x").template, { contexts: {} })).toMatchObject({ ok: '${{ x' });
  });

  test.each([
    ['a ${{ b', 13, 16],
    ['${{ a }} ${{ b }', 20, 23],
    ["${{ 'a }}", 11, 14],
  ])('%s is not closed', (text, column, end) => {
    expect(parse(text).diagnostics).toMatchObject([
      { severity: 'error', code: 'EXPRESSION_SYNTAX', ...at(column), end_line: 3, end_column: end },
    ]);
  });

  test('nothing between the braces is an error, and the other expressions are still read', () => {
    const { template, diagnostics } = parse('${{ a }}-${{ }}-${{}}');
    expect(diagnostics).toMatchObject([
      { code: 'EXPRESSION_SYNTAX', ...at(20), end_column: 26 },
      { code: 'EXPRESSION_SYNTAX', ...at(27), end_column: 32 },
    ]);
    expect(expressionsOf(template)).toMatchObject([{ source: 'a' }]);
  });

  test('a text of any characters comes back as it went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { template, diagnostics } = parse(text);
        if (text.includes('${{')) return;
        expect(diagnostics).toEqual([]);
        expect(evaluateTemplate(template, { contexts: {} })).toEqual({ ok: text, read: [] });
      }),
    );
  });

  test('any text put into expressions comes back as it went in', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 2 }), (texts) => {
        const source = texts.map((text) => `\${{ '${text.replaceAll("'", "''")}' }}`).join('|');
        expect(evaluateTemplate(parse(source).template, { contexts: {} })).toMatchObject({ ok: texts.join('|') });
      }),
    );
  });
});

describe('places of a source that does not run on in the file', () => {
  // run: >
  //   echo ${{ inputs.a &&
  //     nope.b }}
  const lines = ['  echo ${{ inputs.a &&', '    nope.b }}'];
  const text = 'echo ${{ inputs.a && nope.b }}';
  const folded = (offset: number): Position => {
    const firstLength = (lines[0] ?? '').length - 2;
    // The line break is folded into the space after &&.
    return offset <= firstLength
      ? { file: 'test.yml', line: 5, column: offset + 3 }
      : { file: 'test.yml', line: 6, column: offset - firstLength + 4 };
  };

  test('are those of the characters in the file', () => {
    const [expression] = expressionsOf(parseTemplate(text, folded).template);
    if (expression === undefined) throw new Error('no expression');
    expect(expression).toEqual({
      source: 'inputs.a && nope.b',
      at: { file: 'test.yml', line: 5, column: 12 },
      jumps: [[12, 6, 5]],
    });
    const { diagnostics } = checkExpression(expression, expressionScope('step-if'));
    expect(diagnostics).toMatchObject([{ code: 'UNKNOWN_CONTEXT', line: 6, column: 5, end_line: 6, end_column: 9 }]);
  });

  test('hold after escapes, which are wider in the file', () => {
    // In double quotes, at column 1: the tab is two characters in the file, \t.
    const escaped = (offset: number): Position => ({
      file: 'test.yml',
      line: 1,
      column: offset + (offset > 6 ? 3 : 2),
    });
    const [expression] = expressionsOf(parseTemplate("${{ 'x\ty' == nope }}", escaped).template);
    if (expression === undefined) throw new Error('no expression');
    const { diagnostics } = checkExpression(expression, expressionScope('step-if'));
    expect(diagnostics).toMatchObject([{ code: 'UNKNOWN_CONTEXT', column: 16, end_column: 20 }]);
  });

  test('count UTF-16 code units, as editors do', () => {
    const [expression] = expressionsOf(parse("${{ '😀é' == nope }}").template);
    if (expression === undefined) throw new Error('no expression');
    const { diagnostics } = checkExpression(expression, expressionScope('step-if'));
    expect(diagnostics).toMatchObject([{ code: 'UNKNOWN_CONTEXT', column: 24, end_column: 28 }]);
  });

  test('are exact for every character, however the text lies in the file', () => {
    const layouts = fc.array(fc.record({ line: fc.nat(2), gap: fc.nat(3) }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(layouts, (layout) => {
        const places: Position[] = [];
        let line = 1;
        let column = 1;
        for (const { line: down, gap } of layout) {
          column = down > 0 ? 1 + gap : column + 1 + gap;
          line += down;
          places.push({ file: 'test.yml', line, column });
        }
        const locate = (offset: number): Position => places[offset] ?? at(1);
        const [expression] = expressionsOf(parseTemplate('${{ a ~ b }}', locate).template);
        if (expression === undefined) throw new Error('no expression');
        const { diagnostics } = checkExpression(expression, expressionScope('step-if'));
        expect(diagnostics).toMatchObject([{ line: places[6]?.line, column: places[6]?.column }]);
      }),
    );
  });
});

describe('referencesOf', () => {
  test('lists each constant path once, over the whole template', () => {
    expect(
      referencesOf({
        kind: 'object',
        entries: [
          ['a', parse("${{ steps.build.outputs['path'] }} ${{ Matrix[inputs.key].x }}").template],
          [
            'b',
            { kind: 'array', items: [parse('${{ needs.*.result }}').template, parse('${{ inputs.key }}').template] },
          ],
          ['c', { kind: 'literal', value: '${{ not.read }}' }],
        ],
      }),
    ).toEqual([['steps', 'build', 'outputs', 'path'], ['matrix'], ['inputs', 'key'], ['needs']]);
  });

  test('an expression that cannot be parsed reads nothing', () => {
    expect(referencesOf(parse('${{ inputs. }}').template)).toEqual([]);
  });
});
