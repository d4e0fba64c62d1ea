import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { checkExpression } from '../check.ts';
import { evaluateExpression } from '../evaluate.ts';
import { knownContexts } from '../scopes.ts';
import { sourceOf } from '../testing/sources.ts';
import { undecidedFile, undecidedIn, type Vector, vectorsIn, withoutMessage } from '../testing/vectors.ts';
import { evaluateForTools } from '../tools.ts';
import { kindName } from '../values.ts';

const folder = import.meta.dirname;
const vectors = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && name !== undecidedFile)
  .flatMap((name) => vectorsIn(readFileSync(join(folder, name), 'utf8')));
const undecided = undecidedIn(readFileSync(join(folder, undecidedFile), 'utf8'));
const sections = Map.groupBy(vectors, ({ section }) => section);
/** What stands around an expression is taken off before it is evaluated. */
const evaluated = vectors.filter(({ section }) => section !== 'unwrapping');

/** Each that comes out otherwise than it must, with what came. */
function differences(list: readonly Vector[], answer: (vector: Vector) => unknown): readonly unknown[] {
  return list.flatMap((vector) => {
    const actual = answer(vector);
    return JSON.stringify(actual) === JSON.stringify(vector.expected) ? [] : [{ ...vector, actual }];
  });
}

describe('test vectors', () => {
  test('are several hundred, each with the rule by which it holds', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(800);
    expect(vectors.filter(({ rule }) => !/^\S.+\.$/.test(rule))).toEqual([]);
  });

  test('say nothing twice', () => {
    const asked = vectors.map(({ expr, contexts, section }) => JSON.stringify([section, expr, contexts]));
    expect(asked.filter((one, index) => asked.indexOf(one) !== index)).toEqual([]);
  });

  test.each([...sections])('of %s come out for tools as they must', (_section, list) => {
    expect(differences(list, ({ expr, contexts }) => withoutMessage(evaluateForTools(expr, contexts)))).toEqual([]);
  });

  test('come out in a run as they must', () => {
    const results = evaluated.filter(({ expected }) => 'result' in expected);
    expect(differences(results, evaluatedInRun)).toEqual([]);
  });

  test('of errors are found at their column, in the file where they can be', () => {
    const errors = evaluated.filter(({ expected }) => 'error' in expected);
    expect(differences(errors, errorInFile)).toEqual([]);
  });
});

const status = { success: true, failure: false, cancelled: false };

function evaluatedInRun({ expr, contexts }: Vector): unknown {
  const evaluation = evaluateExpression(sourceOf(expr), { contexts, status });
  if ('error' in evaluation) return evaluation;
  const { ok: value } = evaluation;
  const isJson = typeof value !== 'number' || Number.isFinite(value);
  return { result: { kind: kindName(value), value: isJson ? value : String(value) } };
}

function errorInFile({ expr, contexts, expected }: Vector): unknown {
  const names = [...knownContexts, ...Object.keys(contexts)];
  const [found] = checkExpression(sourceOf(expr), {
    place: 'a test vector',
    contexts: Object.fromEntries(names.map((name) => [name, { kind: 'any' }])),
    functions: ['success', 'failure', 'cancelled', 'always', 'hashFiles'],
    known: names,
  }).diagnostics;
  if ('error' in expected && expected.error.kind !== 'evaluation') {
    return { error: { kind: expected.error.kind, column: found?.column } };
  }
  const evaluation = evaluateExpression(sourceOf(expr), { contexts, status });
  // What fails whenever it is evaluated, the file may show already.
  const column = 'error' in evaluation ? evaluation.error.column : undefined;
  return { error: { kind: 'evaluation', column } };
}

describe('cases that the rules leave open', () => {
  test.each(undecided)('$expr has a reason, and an answer', ({ expr, contexts, reason }) => {
    expect(reason).toMatch(/^[A-Z].+\.$/);
    const answer = evaluateForTools(expr, contexts ?? {});
    expect('result' in answer || answer.error.column >= 1).toBe(true);
  });
});
