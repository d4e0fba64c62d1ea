import fc from 'fast-check';
import { expect, test } from 'vitest';

import { checkExpression } from './check.ts';
import { evaluateExpression } from './evaluate.ts';
import { expressionScope } from './scopes.ts';
import { sourceOf } from './testing/sources.ts';

const literal = fc.oneof(
  fc.constantFrom('null', 'true', 'false', 'NaN', 'Infinity', '-Infinity', '0xff', '0o17', '-0', '.5', '1e400'),
  fc.double().map((number) => (Number.isFinite(number) ? String(number) : '0')),
  fc.string().map((text) => `'${text.replaceAll("'", "''")}'`),
);

const name = fc.constantFrom('inputs', 'needs', 'matrix', 'constructor', '__proto__', 'secrets');
const property = fc.constantFrom(
  '.a',
  '.B',
  '.*',
  '[0]',
  "['a']",
  '[*]',
  "['__proto__']",
  '.constructor',
  '[inputs.a]',
);
const operator = fc.constantFrom('==', '!=', '<', '<=', '>', '>=', '&&', '||');
const functionName = fc.constantFrom(
  'contains',
  'startsWith',
  'endsWith',
  'format',
  'join',
  'toJSON',
  'fromJSON',
  'case',
  'success',
  'hashFiles',
  'toString',
);

const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    literal,
    fc.tuple(name, fc.array(property, { maxLength: 4 })).map(([context, path]) => context + path.join('')),
    fc.tuple(tie('expression'), operator, tie('expression')).map((parts) => parts.join(' ')),
    tie('expression').map((inner) => `!(${inner})`),
    fc.tuple(tie('expression'), property).map(([inner, path]) => `(${inner})${path}`),
    fc
      .tuple(functionName, fc.array(tie('expression'), { maxLength: 4 }))
      .map(([called, all]) => `${called}(${all.join(', ')})`),
  ),
}));

const contexts = fc.record({
  inputs: fc.dictionary(fc.constantFrom('a', 'b', 'A', '__proto__', 'constructor'), fc.jsonValue()),
  needs: fc.jsonValue(),
  matrix: fc.array(fc.jsonValue()),
});

test('evaluating any expression over any contexts gives a value or an error, always the same', () => {
  fc.assert(
    fc.property(expression, contexts, (source, given) => {
      // What fast-check calls JSON is JSON.
      const environment = { contexts: given as never, status: { success: true, failure: false, cancelled: false } };
      const evaluation = evaluateExpression(sourceOf(source), environment);
      const isValue = 'ok' in evaluation && evaluation.ok !== undefined;
      const isError =
        'error' in evaluation && evaluation.error.file === 'test.yml' && evaluation.error.column !== undefined;
      expect(isValue || isError).toBe(true);
      expect(evaluateExpression(sourceOf(source), environment)).toEqual(evaluation);
    }),
    { numRuns: 1000 },
  );
});

test('what checking finds nothing wrong with fails only for reasons of the data', () => {
  const ofTheData = /^(?:LIMIT_EXCEEDED|EVALUATION_FAILED: (?:fromJSON|format|argument \d+ of case))/;
  fc.assert(
    fc.property(expression, contexts, (source, given) => {
      fc.pre(checkExpression(sourceOf(source), expressionScope('step-with')).diagnostics.length === 0);
      const environment = { contexts: given as never, hashFiles: () => 'hash' };
      const evaluation = evaluateExpression(sourceOf(source), environment);
      const failure = 'error' in evaluation ? `${evaluation.error.code}: ${evaluation.error.message}` : undefined;
      expect(failure === undefined || ofTheData.test(failure)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
