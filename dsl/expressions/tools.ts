import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import type { EvaluationEnvironment, ExpressionScope } from './api.ts';
import { nameProblems } from './check.ts';
import { evaluateTree, startEvaluation } from './evaluator.ts';
import { parseExpression } from './parse.ts';
import type { Problem } from './problem.ts';
import { knownContexts } from './scopes.ts';
import { splitText } from './template.ts';
import { type KindName, kindName } from './values.ts';

/** What `waterflow eval` says of an expression. `column` is 1-based, in UTF-16 code units of the expression as given. */
export type ToolAnswer =
  | { readonly result: { readonly kind: KindName; readonly value: Json } }
  | { readonly error: { readonly kind: Problem['kind']; readonly message: string; readonly column: number } };

const toolFunctions = ['success', 'failure', 'cancelled', 'always', 'hashFiles'];

/**
 * Evaluates one expression, with or without `${{ }}`, over contexts of any names. `job.status`, where it is given, is what
 * `success()`, `failure()` and `cancelled()` go by, as in a step; else nothing has run yet, so nothing has failed. A context of the language that isn't given
 * is null; any other name is a parsing error. Nothing at all is null, as GitHub's engine has it (where a file wants an
 * expression it is an error). A number that JSON can't hold (NaN, Infinity) is given as its text. Without `hashFiles` there are no
 * files that it could go by, and calling it is an evaluation error.
 */
export function evaluateForTools(
  expression: string,
  contexts: JsonObject,
  powers: Pick<EvaluationEnvironment, 'hashFiles'> = {},
): ToolAnswer {
  const { source, start } = unwrap(expression);
  if (source.trim() === '') return { result: { kind: 'Null', value: null } };
  const answer = (problem: Problem): ToolAnswer => ({
    error: { kind: problem.kind, message: `${problem.message}. ${problem.remedy}`, column: start + problem.start + 1 },
  });
  const parsed = parseExpression(source);
  if ('problem' in parsed) return answer(parsed.problem);
  const problems = [...nameProblems(parsed.expression, toolScope(contexts))];
  const [first] = problems.sort((left, right) => left.start - right.start);
  if (first !== undefined) return answer(first);
  const outcome = evaluateTree(parsed.expression, startEvaluation({ contexts, status: statusIn(contexts), ...powers }));
  if ('problem' in outcome) return answer(outcome.problem);
  const { value } = outcome;
  const isJson = typeof value !== 'number' || Number.isFinite(value);
  return { result: { kind: kindName(value), value: isJson ? value : String(value) } };
}

function statusIn({ job }: JsonObject): { success: boolean; failure: boolean; cancelled: boolean } {
  const status = isJsonObject(job) ? job['status'] : undefined;
  const failure = status === 'failure';
  const cancelled = status === 'cancelled';
  return { success: !failure && !cancelled, failure, cancelled };
}

function toolScope(contexts: JsonObject): ExpressionScope {
  const names = [...new Set([...Object.keys(contexts), ...knownContexts])];
  return {
    place: 'an expression that is tried out',
    contexts: Object.fromEntries(names.map((name) => [name, { kind: 'any' }])),
    functions: toolFunctions,
    known: names,
  };
}

function unwrap(expression: string): { readonly source: string; readonly start: number } {
  const [only, ...others] = splitText(expression).filter(
    (segment) => segment.kind !== 'text' || segment.text.trim() !== '',
  );
  if (only?.kind !== 'expression' || others.length > 0) return { source: expression, start: 0 };
  return { source: expression.slice(only.start, only.end), start: only.start };
}
