import { describe, expect, test } from 'vitest';

import { conditionSource } from './condition.ts';
import { inLine } from './testing/sources.ts';

const read = (text: string) => conditionSource(text, inLine(4, 9));

describe('conditionSource', () => {
  test.each([
    ["inputs.x == 'a'", 9],
    ["${{ inputs.x == 'a' }}", 13],
    ["  ${{inputs.x == 'a'}}\n", 14],
    ["\n inputs.x == 'a' ", 11],
  ])('%j is the expression alone', (text, column) => {
    expect(read(text)).toMatchObject({
      expression: { source: "inputs.x == 'a'", at: { line: 4, column } },
      diagnostics: [],
    });
  });

  test.each([
    ["${{ a }} == 'x'", "${{ a == 'x' }}"],
    ['${{ a }} && ${{ b }}', '${{ a && b }}'],
    ['!${{ a || b }}', '${{ !(a || b) }}'],
    ["always() && ${{ github.ref }} == 'x'", "${{ always() && github.ref == 'x' }}"],
  ])('%s says how it was meant', (text, meant) => {
    const { expression, diagnostics } = read(text);
    expect(expression).toBeUndefined();
    expect(diagnostics).toMatchObject([
      {
        severity: 'error',
        code: 'CONDITION_TEXT',
        line: 4,
        column: 9,
        end_column: 9 + text.length,
        remedy: `Write \`if: ${meant}\`.`,
      },
    ]);
  });

  test.each(['branch ${{ a }}', '${{ a }} ${{ b', '${{ a }} is set'])('%s asks for one expression', (text) => {
    expect(read(text).diagnostics).toMatchObject([
      { code: 'CONDITION_TEXT', remedy: expect.stringContaining('one ${{ and }}') },
    ]);
  });

  test.each([
    ['', 9],
    ['  ', 9],
    ['${{ }}', 9],
    ['${{ a', 9],
  ])('%j is no condition', (text, column) => {
    const { expression, diagnostics } = read(text);
    expect(expression).toBeUndefined();
    expect(diagnostics).toMatchObject([{ code: 'EXPRESSION_SYNTAX', line: 4, column }]);
  });
});
