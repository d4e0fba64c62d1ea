import {
  assertNever,
  type EvaluatedExpression,
  type EvaluatedTemplate,
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

type Outcome<Value = Json> = { readonly ok: Value } | { readonly error: WaterflowError };

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
  const evaluated = evaluatePart(template, run);
  return withReads('ok' in evaluated ? { ok: joinEvaluated(evaluated.ok) } : evaluated, run);
}

/** Evaluates a template as {@link evaluateTemplate} does, and leaves what its expressions give apart from the text around them. */
export function evaluateApart(template: Template, environment: EvaluationEnvironment): Outcome<EvaluatedTemplate> {
  return evaluatePart(template, startEvaluation(environment));
}

/** The value of an evaluated template, its pieces put together as they are. */
export function joinEvaluated(template: EvaluatedTemplate): Json {
  switch (template.kind) {
    case 'literal':
      return template.value;
    case 'expression':
      return template.expression.value;
    case 'text':
      return template.parts.map((part) => (typeof part === 'string' ? part : toText(part.value))).join('');
    case 'array':
      return template.items.map(joinEvaluated);
    case 'object':
      // From entries, so that a key such as __proto__ becomes a property like any other.
      return Object.fromEntries(template.entries.map(([key, value]) => [key, joinEvaluated(value)]));
    default:
      return assertNever(template);
  }
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

function evaluatePart(template: Template, run: EvaluationRun): Outcome<EvaluatedTemplate> {
  switch (template.kind) {
    case 'literal':
      return { ok: template };
    case 'expression': {
      const expression = evaluated(template.expression, run);
      return 'ok' in expression ? { ok: { kind: 'expression', expression: expression.ok } } : expression;
    }
    case 'text': {
      const parts = evaluateAll(template.parts, (part) => evaluateTextPart(part, run));
      return 'ok' in parts ? { ok: { kind: 'text', parts: parts.ok } } : parts;
    }
    case 'array': {
      const items = evaluateAll(template.items, (item) => evaluatePart(item, run));
      return 'ok' in items ? { ok: { kind: 'array', items: items.ok } } : items;
    }
    case 'object': {
      const entries = evaluateAll(template.entries, ([key, item]) => {
        const value = evaluatePart(item, run);
        return 'ok' in value ? { ok: [key, value.ok] as const } : value;
      });
      return 'ok' in entries ? { ok: { kind: 'object', entries: entries.ok } } : entries;
    }
    default:
      return assertNever(template);
  }
}

/** All of them, or the first failure. */
function evaluateAll<Item, Value>(
  items: readonly Item[],
  evaluate: (item: Item) => Outcome<Value>,
): Outcome<readonly Value[]> {
  const values: Value[] = [];
  for (const item of items) {
    const value = evaluate(item);
    if ('error' in value) return value;
    values.push(value.ok);
  }
  return { ok: values };
}

function evaluated(expression: ExpressionSource, run: EvaluationRun): Outcome<EvaluatedExpression> {
  const { source, at } = expression;
  const value = evaluateSource(expression, run);
  return 'ok' in value ? { ok: { source, at, value: value.ok } } : value;
}

/** What becomes text counts against what an evaluation may make. */
function evaluateTextPart(part: string | ExpressionSource, run: EvaluationRun): Outcome<string | EvaluatedExpression> {
  if (typeof part === 'string') return { ok: part };
  const value = evaluated(part, run);
  if ('error' in value) return value;
  try {
    run.charge(toText(value.ok.value).length);
    return value;
  } catch (error) {
    if (!(error instanceof EvaluationProblem)) throw error;
    const { code, message, remedy } = error;
    const span = { start: 0, end: part.source.length };
    return { error: errorOf(part, { kind: 'evaluation', code, message, remedy, ...span }) };
  }
}
