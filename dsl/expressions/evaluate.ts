import {
  assertNever,
  type ExpressionSource,
  type Json,
  type Template,
  type WaterflowError,
} from '../../schemas/index.ts';
import type { Evaluation, EvaluationEnvironment } from './api.ts';
import { type EvaluationRun, evaluateTree, startEvaluation } from './evaluator.ts';
import { parseExpression } from './parse.ts';
import { errorOf } from './positions.ts';
import { EvaluationProblem } from './problem.ts';
import { toText } from './text.ts';

type Outcome = { readonly ok: Json } | { readonly error: WaterflowError };

/**
 * Evaluates an expression. A context that isn't given, and a property that isn't there, are null. What is wrong with the
 * expression, or fails in it, is an error at its place in the file; nothing is thrown for what users can write.
 */
export function evaluateExpression(expression: ExpressionSource, environment: EvaluationEnvironment): Evaluation {
  const run = startEvaluation(environment);
  return withReads(evaluateSource(expression, run), run);
}

/**
 * Evaluates a template: one `${{ }}` keeps its type, with text around it each result becomes text, objects and arrays are
 * walked. The first failure fails the whole.
 */
export function evaluateTemplate(template: Template, environment: EvaluationEnvironment): Evaluation {
  if (template.kind === 'literal') return { ok: template.value, read: [] };
  const run = startEvaluation(environment);
  return withReads(evaluatePart(template, run), run);
}

function withReads(outcome: Outcome, run: EvaluationRun): Evaluation {
  if ('error' in outcome) return outcome;
  return { ok: outcome.ok, read: Array.from(run.read, ([path, value]) => ({ path, value })) };
}

function evaluateSource(expression: ExpressionSource, run: EvaluationRun): Outcome {
  const parsed = parseExpression(expression.source);
  if ('problem' in parsed) return { error: errorOf(expression, parsed.problem) };
  const result = evaluateTree(parsed.expression, run);
  return 'problem' in result ? { error: errorOf(expression, result.problem) } : { ok: result.value };
}

function evaluatePart(template: Template, run: EvaluationRun): Outcome {
  switch (template.kind) {
    case 'literal':
      return { ok: template.value };
    case 'expression':
      return evaluateSource(template.expression, run);
    case 'text':
      return evaluateText(template.parts, run);
    case 'array':
      return evaluateItems(template.items, run);
    case 'object': {
      const values = evaluateItems(
        template.entries.map(([, value]) => value),
        run,
      );
      if ('error' in values) return values;
      // From entries, so that a key such as __proto__ becomes a property like any other.
      return { ok: Object.fromEntries(template.entries.map(([key], index) => [key, values.ok[index] ?? null])) };
    }
    default:
      return assertNever(template);
  }
}

function evaluateItems(
  items: readonly Template[],
  run: EvaluationRun,
): { readonly ok: readonly Json[] } | { readonly error: WaterflowError } {
  const values: Json[] = [];
  for (const item of items) {
    const value = evaluatePart(item, run);
    if ('error' in value) return value;
    values.push(value.ok);
  }
  return { ok: values };
}

function evaluateText(parts: readonly (string | ExpressionSource)[], run: EvaluationRun): Outcome {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const value = evaluateSource(part, run);
    if ('error' in value) return value;
    const piece = toText(value.ok);
    try {
      run.charge(piece.length);
    } catch (error) {
      if (!(error instanceof EvaluationProblem)) throw error;
      const { code, message, remedy } = error;
      const span = { start: 0, end: part.source.length };
      return { error: errorOf(part, { kind: 'evaluation', code, message, remedy, ...span }) };
    }
    text += piece;
  }
  return { ok: text };
}
