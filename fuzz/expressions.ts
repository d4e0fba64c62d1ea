import { evaluateForTools } from '../dsl/expressions/index.ts';
import type { JsonObject } from '../schemas/index.ts';
import type { Random } from './random.ts';
import { expressionTokens } from './tokens.ts';

const contexts: JsonObject = {
  inputs: { target: 'live', count: 3, list: [1, 'two', null, [true]], deep: { a: { b: { c: 'x' } } }, Target: 'other' },
  vars: { a: 'x', json: '{"a":[1,2,{"b":null}]}', number: '0x1F', empty: '', long: 'x'.repeat(1_000) },
  env: { A: 'x', B: '' },
  needs: { build: { result: 'success', outputs: { image: 'web' } } },
  matrix: { os: 'linux', __proto__: null },
  steps: { source: { outputs: { commit: 'abc' }, outcome: 'success', conclusion: 'success' } },
  each: { value: { x: 1 }, index: 0 },
};

/** Tokens in any order, now and then in the order of an expression. */
export function randomExpression(random: Random): string {
  if (random.oneIn(3)) return orderly(random, 4);
  return random.times(1 + random.below(24), () => random.pick(expressionTokens)).join(random.oneIn(2) ? ' ' : '');
}

function orderly(random: Random, depth: number): string {
  const inner = (): string => orderly(random, depth - 1);
  if (depth === 0 || random.oneIn(5)) {
    return random.pick([
      '1',
      "'a'",
      'null',
      'true',
      'inputs.list',
      'vars.json',
      'steps',
      'needs.*.result',
      'matrix',
      'each.value',
      'NaN',
    ]);
  }
  switch (random.below(9)) {
    case 0:
      return `!${inner()}`;
    case 1:
      return `(${inner()})`;
    case 2:
      return `${inner()}[${inner()}]`;
    case 3:
      return `fromJSON(toJSON(${inner()}))`;
    case 4:
      return `format(${random.pick(["'{0}'", "'{1}{0}'", "'{{{0}}}'", "'{'"])}, ${inner()}, ${inner()})`;
    case 5:
      return `${random.pick(['contains', 'startsWith', 'endsWith', 'join'])}(${inner()}, ${inner()})`;
    case 6:
      return `case(${inner()}, ${inner()}, ${inner()})`;
    default:
      return `${inner()} ${random.pick(['&&', '||', '==', '!=', '<', '<=', '>', '>='])} ${inner()}`;
  }
}

/** What is wrong with the answer to an expression; undefined where nothing is. What the evaluator throws, this throws. */
export function problemOfExpression(expression: string): string | undefined {
  const answer = evaluateForTools(expression, contexts);
  if ('result' in answer) {
    return JSON.stringify(answer.result.value) === undefined ? 'the result is no JSON' : undefined;
  }
  const { column, message } = answer.error;
  if (message === '') return 'the error has no message';
  // One behind the last character is where something is missing.
  return column >= 1 && column <= expression.length + 1 ? undefined : `column ${column} is not in the expression`;
}
