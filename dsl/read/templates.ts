import {
  assertNever,
  type Diagnostic,
  type ExpressionSource,
  type Fix,
  type Json,
  type PlannedCondition,
  type Template,
} from '../../schemas/index.ts';
import type { CheckedExpression, ExpressionScope } from '../expressions/index.ts';
import { checkExpression, conditionSource, expressionsOf, parseTemplate, toText } from '../expressions/index.ts';
import { quote } from '../quote.ts';
import type { MappingEntry, ScalarNode, TreeNode } from '../tree/node.ts';
import { describe, holdsExpression, isWholeExpression } from '../tree/query.ts';
import { warnOfConstant } from './constant-condition.ts';
import { locateIn, type Reading, reportAll, reportWrongType } from './reading.ts';

/** Where a template stands: what its expressions may use, and who wants to know what they do. */
export interface Place {
  readonly scope: ExpressionScope;
  /** Told of every expression that was checked. */
  readonly onExpression?: (checked: CheckedExpression, expression: ExpressionSource) => void;
  /** Knows more about a name that `steps` or `needs` doesn't have here: that it is a later step, say. */
  readonly explainName?: ExplainName;
}

export type ExplainName = (
  context: 'steps' | 'needs',
  name: string,
) => { readonly message: string; readonly remedy: string } | undefined;

/** Any value -> template, with every expression in it checked. */
export function readTemplate(reading: Reading, node: TreeNode, place: Place): Template {
  switch (node.kind) {
    case 'invalid':
      return { kind: 'literal', value: null };
    case 'scalar':
      return holdsExpression(node) ? readText(reading, node, place) : { kind: 'literal', value: node.value };
    case 'sequence':
      return arrayTemplate(node.items.map((item) => readTemplate(reading, item, place)));
    case 'mapping':
      return objectTemplate(
        node.entries.map((entry) => {
          reportExpressionInKey(reading, entry);
          return [entry.key, readTemplate(reading, entry.value, place)] as const;
        }),
      );
    default:
      return assertNever(node);
  }
}

/** The template of an object; one literal where no value holds an expression. */
export function objectTemplate(entries: readonly (readonly [key: string, value: Template])[]): Template {
  const literals: [string, Json][] = [];
  for (const [key, value] of entries) if (value.kind === 'literal') literals.push([key, value.value]);
  if (literals.length === entries.length) return { kind: 'literal', value: Object.fromEntries(literals) };
  return { kind: 'object', entries };
}

function arrayTemplate(items: readonly Template[]): Template {
  const literals: Json[] = [];
  for (const item of items) if (item.kind === 'literal') literals.push(item.value);
  return literals.length === items.length ? { kind: 'literal', value: literals } : { kind: 'array', items };
}

function readText(reading: Reading, scalar: ScalarNode, place: Place): Template {
  const { template, diagnostics } = parseTemplate(scalar.text, locateIn(reading, scalar));
  reportAll(reading, diagnostics);
  for (const expression of expressionsOf(template)) check(reading, expression, { ...place, scalar });
  return template;
}

function check(
  reading: Reading,
  expression: ExpressionSource,
  place: Place & { readonly scalar: ScalarNode },
): CheckedExpression {
  const checked = checkExpression(expression, place.scope);
  reportAll(
    reading,
    [...checked.diagnostics, ...checked.warnings].map((diagnostic) =>
      fitFix(reading, explain(reading, diagnostic, place), place.scalar),
    ),
  );
  place.onExpression?.(checked, expression);
  reading.onExpression?.(checked, expression);
  return checked;
}

function explain(reading: Reading, diagnostic: Diagnostic, place: Place): Diagnostic {
  const { line, column, end_line = line, end_column = column } = diagnostic;
  if (diagnostic.code !== 'UNKNOWN_PROPERTY' || place.explainName === undefined) return diagnostic;
  if (line === undefined || column === undefined || end_line === undefined || end_column === undefined)
    return diagnostic;
  const start = reading.report.offset({ line, column });
  const name = reading.source
    .slice(start, reading.report.offset({ line: end_line, column: end_column }))
    .replace(/^'|'$/g, '');
  const before = /\b(steps|needs)\s*(?:\.|\[)\s*'?$/i.exec(reading.source.slice(Math.max(0, start - 20), start));
  const context = before?.[1]?.toLowerCase();
  if (context !== 'steps' && context !== 'needs') return diagnostic;
  const explained = place.explainName(context, name);
  if (explained === undefined) return diagnostic;
  // What was written is what was meant; only it isn't seen from here.
  const { fix: _fix, ...rest } = diagnostic;
  return { ...rest, ...explained };
}

/** A fix of an expression, as it is written in a value of its style. */
function fitFix(reading: Reading, diagnostic: Diagnostic, scalar: ScalarNode): Diagnostic {
  const { fix } = diagnostic;
  if (fix === undefined) return diagnostic;
  const edits = fix.edits.flatMap((edit) => {
    const isFirst = reading.report.offset(edit.start) === scalar.span.start;
    if (scalar.style !== 'plain' || !edit.text.startsWith('!') || !isFirst)
      return [{ ...edit, text: inQuotesOf(scalar, edit.text) }];
    // At the beginning of a plain value YAML would take it for a tag.
    const end = reading.report.position(scalar.span.end);
    const place = { line: end.line, column: end.column };
    return [
      { ...edit, text: `\${{ ${edit.text}` },
      { start: place, end: place, text: ' }}' },
    ];
  });
  return { ...diagnostic, fix: { ...fix, edits } };
}

/** A piece of a quoted text as it is written there. */
function inQuotesOf({ style }: ScalarNode, text: string): string {
  switch (style) {
    case 'single-quoted':
      return text.replaceAll("'", "''");
    case 'double-quoted':
      return text.replaceAll(/["\\]/g, String.raw`\$&`);
    case 'plain':
    case 'block':
      return text;
    default:
      return assertNever(style);
  }
}

/** Keys are names, and names are known when the file is read. */
export function reportExpressionInKey(reading: Reading, entry: MappingEntry): void {
  if (!entry.key.includes('${{')) return;
  reading.report.error(entry.keySpan, {
    code: 'INVALID_VALUE',
    message: 'a key can hold no expression',
    remedy: 'Write the name out; only values may hold `${{ }}`.',
  });
}

/** What a typed field is, for messages. */
export interface TypedField {
  /** For messages: `timeout-minutes`. */
  readonly subject: string;
}

/** A text: text, or a number or boolean as text. */
export function readTextTemplate(reading: Reading, node: TreeNode, field: TypedField & Place): Template {
  if (node.kind === 'scalar' && node.value !== null) {
    if (holdsExpression(node)) return readText(reading, node, field);
    return { kind: 'literal', value: textOf(reading, node, field) };
  }
  reportWrongType(reading, node, { subject: field.subject, expected: 'a text' });
  return { kind: 'literal', value: '' };
}

/** A scalar where a text is wanted. Numbers become what they are worth, not what is written, so that is said. */
function textOf(reading: Reading, node: ScalarNode, field: TypedField): string {
  const text = toText(node.value);
  if (typeof node.value === 'number' && text !== node.text) {
    reading.report.warning(node.span, {
      code: 'INVALID_VALUE',
      message: `${field.subject} is the number ${node.text}, whose text is ${quote(text)}`,
      remedy: `Put it into quotes to keep it as it is written: '${node.text}'.`,
      fix: { description: `write '${node.text}'`, edits: [{ span: node.span, text: `'${node.text}'` }] },
    });
  }
  return text;
}

/** Undefined where the value isn't exactly one expression, and then nothing is reported. */
function readWholeExpression(reading: Reading, node: TreeNode, place: Place): Template | undefined {
  if (!isWholeExpression(node)) return undefined;
  const template = readTemplate(reading, node, place);
  // `${{ a }} }}` begins and ends like one.
  return template.kind === 'text' ? undefined : template;
}

/** true or false, or one expression. */
export function readBooleanTemplate(reading: Reading, node: TreeNode, field: TypedField & Place): Template {
  const expression = readWholeExpression(reading, node, field);
  if (expression !== undefined) return expression;
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return { kind: 'literal', value: node.value };
  reportWrongType(reading, node, { subject: field.subject, expected: 'true or false, or one expression' });
  return { kind: 'literal', value: false };
}

/** Bounds of a number. */
export interface NumberField extends TypedField {
  readonly integer: boolean;
  /** The least value, or, where `exclusive`, what it must be above. */
  readonly minimum: number;
  readonly exclusive?: boolean;
  readonly maximum: number;
}

/** A number within bounds, or one expression, whose value is checked when it is known. */
export function readNumberTemplate(reading: Reading, node: TreeNode, field: NumberField & Place): Template {
  const expression = readWholeExpression(reading, node, field);
  if (expression !== undefined) return expression;
  return { kind: 'literal', value: readNumber(reading, node, field) ?? field.minimum };
}

/** A number within bounds, written out. Undefined where it is none; that is reported. */
export function readNumber(reading: Reading, node: TreeNode, field: NumberField): number | undefined {
  const expected = field.integer ? 'a whole number' : 'a number';
  if (node.kind !== 'scalar' || typeof node.value !== 'number') {
    reportWrongType(reading, node, { subject: field.subject, expected });
    return undefined;
  }
  const { value } = node;
  const isLow = field.exclusive === true ? value <= field.minimum : value < field.minimum;
  if (!isLow && value <= field.maximum && (!field.integer || Number.isInteger(value))) return value;
  const least = field.exclusive === true ? `above ${field.minimum}` : `at least ${field.minimum}`;
  reading.report.error(node.span, {
    code: 'INVALID_VALUE',
    message: `${field.subject} must be ${expected}, ${least} and at most ${field.maximum}, and this is ${describe(node)}`,
    remedy: `Write ${expected} ${field.exclusive === true ? 'above' : 'from'} ${field.minimum} ${field.exclusive === true ? 'and at most' : 'to'} ${field.maximum}.`,
  });
  return undefined;
}

/** `if:`, or another key that holds a condition (`subject`) -> condition. Undefined where it can't be read; that is reported. */
export function readCondition(
  reading: Reading,
  node: TreeNode,
  place: Place & Partial<TypedField>,
): PlannedCondition | undefined {
  const subject = place.subject ?? '`if`';
  if (node.kind === 'scalar' && node.value === null) {
    reading.report.error(node.span, {
      code: 'EMPTY',
      message: `${subject} is empty`,
      remedy: `Write a condition, such as \`${conditionExample(place.scope)}\`, or remove the key.`,
    });
    return undefined;
  }
  if (node.kind !== 'scalar' || typeof node.value === 'number') {
    reportWrongType(reading, node, { subject, expected: 'an expression, or true or false' });
    return undefined;
  }
  const { expression, diagnostics, meant } = conditionSource(node.text, locateIn(reading, node), subject);
  const fix = meant === undefined ? undefined : conditionFix(reading, node, meant);
  reportAll(
    reading,
    diagnostics.map((diagnostic) => ({
      ...placedAtValue(reading, diagnostic, node),
      ...(fix === undefined ? {} : { fix }),
    })),
  );
  if (expression === undefined) return undefined;
  const checked = check(reading, expression, { ...place, scalar: node });
  const { calls } = checked;
  warnOfConstant(reading, { subject, expression, checked });
  return {
    expression,
    calls_status_function: calls.some((name) => statusFunctions.has(name)),
    on_agent: calls.includes('hashfiles'),
  };
}

function conditionExample({ contexts }: ExpressionScope): string {
  return 'webhook' in contexts ? "webhook.body.action == 'published'" : "inputs.environment == 'production'";
}

/** Writes a condition as one expression, quoted as it was. */
function conditionFix(reading: Reading, node: ScalarNode, meant: string): Fix | undefined {
  // Without quotes these would begin a mapping or a comment.
  if (node.style === 'block' || (node.style === 'plain' && /: | #/.test(meant))) return undefined;
  const written = `\${{ ${inQuotesOf(node, meant)} }}`;
  const quotes = node.style === 'plain' ? '' : reading.source.charAt(node.span.start);
  const text = `${quotes}${written}${quotes}`;
  return reading.report.fix({ description: `write \${{ ${meant} }}`, edits: [{ span: node.span, text }] });
}

/** A quoted condition that is wrong as a whole is wrong from its quote on. */
function placedAtValue(reading: Reading, diagnostic: Diagnostic, node: ScalarNode): Diagnostic {
  const isWhole = diagnostic.code === 'CONDITION_TEXT' || node.text.trim() === '';
  if (!isWhole || !node.style.endsWith('quoted')) return diagnostic;
  const { line, column } = reading.report.position(node.span.start);
  const end = reading.report.position(node.span.end);
  return { ...diagnostic, line, column, end_line: end.line, end_column: end.column };
}

const statusFunctions: ReadonlySet<string> = new Set(['always', 'success', 'failure', 'cancelled']);
