import type { ExpressionSource, Json, JsonObject, Position } from '../../../schemas/index.ts';
import type { EvaluationEnvironment } from '../api.ts';
import { evaluateExpression } from '../evaluate.ts';

/** For tests: a source that stands at the start of a file of its own. */
export function sourceOf(source: string): ExpressionSource {
  return { source, at: { file: 'test.yml', line: 1, column: 1 } };
}

/** For tests: a text that stands in one line of a file, from a column on. */
export function inLine(line: number, column: number): (offset: number) => Position {
  return (offset) => ({ file: 'test.yml', line, column: column + offset });
}

/** For tests: the value of an expression, or its error's code and message in one line. */
export function valueOf(
  source: string,
  contexts: JsonObject = {},
  environment: Omit<EvaluationEnvironment, 'contexts'> = {},
): Json {
  const evaluation = evaluateExpression(sourceOf(source), { ...environment, contexts });
  if ('ok' in evaluation) return evaluation.ok;
  throw new Error(`${evaluation.error.code}: ${evaluation.error.message}`);
}
