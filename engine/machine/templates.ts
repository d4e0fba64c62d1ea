import type { EvaluationEnvironment } from '../../dsl/expressions/api.ts';
import { evaluateApart, evaluateTemplate, expressionsOf, toText } from '../../dsl/expressions/index.ts';
import {
  assertNever,
  type EvaluatedExpression,
  type EvaluatedTemplate,
  isJsonObject,
  type Json,
  type Position,
  type Template,
  type WaterflowError,
} from '../../schemas/index.ts';
import { errorAt, type Problem, type Result } from './errors.ts';
import { longestMinutes, nestingLimit } from './limits.ts';
import { nestsDeeper, storable } from './storable.ts';

/** A field of the workflow file that holds a template: its name for messages, and where it stands if it has no expression. */
export interface Field {
  readonly name: string;
  readonly at: Position;
}

/** Any value. */
export function valueOf(template: Template, environment: EvaluationEnvironment): Result<Json> {
  // Most fields are literals; they cost no evaluation.
  if (template.kind === 'literal') return { ok: template.value };
  const evaluation = evaluateTemplate(template, environment);
  if ('error' in evaluation) return evaluation;
  return nestsDeeper(evaluation.ok, nestingLimit) ? tooDeep(template) : { ok: storable(evaluation.ok) };
}

/** What each expression gives, apart from the text around it. */
export function piecesOf(template: Template, environment: EvaluationEnvironment): Result<EvaluatedTemplate> {
  const evaluation = evaluateApart(template, environment);
  if ('error' in evaluation) return evaluation;
  const pieces = storablePieces(evaluation.ok);
  return pieces === undefined ? tooDeep(template) : { ok: pieces };
}

/** Undefined where a value nests too deep. */
function storablePieces(template: EvaluatedTemplate): EvaluatedTemplate | undefined {
  switch (template.kind) {
    case 'literal':
      return template;
    case 'expression': {
      const expression = storablePiece(template.expression);
      return expression && { kind: 'expression', expression };
    }
    case 'text': {
      const parts = whole(template.parts.map((part) => (typeof part === 'string' ? part : storablePiece(part))));
      return parts && { kind: 'text', parts };
    }
    case 'array': {
      const items = whole(template.items.map(storablePieces));
      return items && { kind: 'array', items };
    }
    case 'object': {
      const entries = whole(
        template.entries.map(([key, item]) => {
          const value = storablePieces(item);
          return value && ([key, value] as const);
        }),
      );
      return entries && { kind: 'object', entries };
    }
    default:
      return assertNever(template);
  }
}

function storablePiece(piece: EvaluatedExpression): EvaluatedExpression | undefined {
  return nestsDeeper(piece.value, nestingLimit) ? undefined : { ...piece, value: storable(piece.value) };
}

function whole<Item>(items: readonly (Item | undefined)[]): readonly Item[] | undefined {
  const there = items.filter((item) => item !== undefined);
  return there.length === items.length ? there : undefined;
}

function tooDeep(template: Template): { readonly error: WaterflowError } {
  const problem: Problem = {
    code: 'EVALUATION_FAILED',
    message: `the value is nested deeper than ${nestingLimit} levels`,
    remedy: 'Pass on a part of the data.',
  };
  const [expression] = expressionsOf(template);
  return { error: expression === undefined ? problem : errorAt(expression.at, problem) };
}

/** A value as text, such as a name. */
export function textOf(template: Template, environment: EvaluationEnvironment): Result<string> {
  const value = valueOf(template, environment);
  return 'error' in value ? value : { ok: toText(value.ok) };
}

/** `true` or `false`, nothing else. */
export function flagOf(template: Template, environment: EvaluationEnvironment, field: Field): Result<boolean> {
  const value = valueOf(template, environment);
  if ('error' in value) return value;
  return typeof value.ok === 'boolean'
    ? { ok: value.ok }
    : unfit(template, field, { expected: 'true or false', value: value.ok });
}

/** A whole number from 1 to `limit`. */
export function countUpTo(limit: number) {
  return (template: Template, environment: EvaluationEnvironment, field: Field): Result<number> => {
    const value = valueOf(template, environment);
    if ('error' in value) return value;
    const number = numberIn(value.ok);
    return Number.isSafeInteger(number) && number >= 1 && number <= limit
      ? { ok: number }
      : unfit(template, field, { expected: `a whole number from 1 to ${limit}`, value: value.ok });
  };
}

/** A number of minutes, as whole ms, at least 1. */
export function minutesOf(template: Template, environment: EvaluationEnvironment, field: Field): Result<number> {
  const value = valueOf(template, environment);
  if ('error' in value) return value;
  const minutes = numberIn(value.ok);
  return minutes > 0 && minutes <= longestMinutes
    ? { ok: Math.max(1, Math.round(minutes * 60_000)) }
    : unfit(template, field, { expected: `a number of minutes over 0, at most ${longestMinutes}`, value: value.ok });
}

/** The keys of an object template, with a template for each; none where it is no object. */
export function entriesOf(template: Template): readonly (readonly [key: string, value: Template])[] {
  if (template.kind === 'object') return template.entries;
  if (template.kind !== 'literal' || !isJsonObject(template.value)) return [];
  return Object.entries(template.value).map(([key, value]) => [key, { kind: 'literal', value }]);
}

/** The error of a field whose value, once evaluated, is of the wrong sort. */
export function unfit(
  template: Template,
  field: Field,
  { expected, value }: { readonly expected: string; readonly value: Json },
): { readonly error: ReturnType<typeof errorAt> } {
  const at = expressionsOf(template)[0]?.at ?? field.at;
  return {
    error: errorAt(at, {
      code: 'EVALUATION_FAILED',
      message: `${field.name} must be ${expected}, but it is ${shown(value)}`,
      remedy: `Make the expression give ${expected}.`,
    }),
  };
}

/** A value in a message: as JSON, cut short. */
export function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}

/** NaN where the value is no number, nor the text of one: inputs arrive as text. */
function numberIn(value: Json): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
}
