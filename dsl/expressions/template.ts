import {
  assertNever,
  type Diagnostic,
  type ErrorCode,
  type ExpressionSource,
  type Position,
  type Template,
} from '../../schemas/index.ts';
import { sourceAt } from './positions.ts';
import { referencesIn } from './references.ts';
import type { Span } from './tree.ts';

/** Text of a YAML scalar, split at its `${{ }}`. Spans are of the source between the braces, trimmed. */
export type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'expression'; readonly whole: Span } & Span)
  | ({ readonly kind: 'unclosed' } & Span);

const opening = '${{';

/** Splits a text at its `${{ }}`. A `}}` inside a single-quoted text of an expression doesn't close it. */
export function splitText(text: string): readonly Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  for (;;) {
    const start = text.indexOf(opening, end);
    if (start > end) segments.push({ kind: 'text', text: text.slice(end, start) });
    if (start === -1) {
      if (end < text.length) segments.push({ kind: 'text', text: text.slice(end) });
      return segments;
    }
    const closing = closingBraces(text, start + opening.length);
    if (closing === -1) {
      segments.push({ kind: 'unclosed', start, end: start + opening.length });
      return segments;
    }
    end = closing + 2;
    const span = trimmed(text, { start: start + opening.length, end: closing });
    segments.push({ kind: 'expression', whole: { start, end }, ...span });
  }
}

function closingBraces(text: string, from: number): number {
  // An escaped quote is two quotes, so it leaves the string and enters it again.
  let inString = false;
  for (let index = from; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === "'") inString = !inString;
    else if (!inString && character === '}' && text.charAt(index + 1) === '}') return index;
  }
  return -1;
}

function trimmed(text: string, span: Span): Span {
  const inner = text.slice(span.start, span.end);
  const start = span.start + (inner.length - inner.trimStart().length);
  return { start, end: Math.max(start, start + inner.trim().length) };
}

/**
 * Text of a YAML scalar -> template; `locate` maps an offset in `text` to its place in the file. Exactly one `${{ }}` is an
 * `expression`, with text around it a `text`, without any a `literal`. Reports what is wrong with the braces; what is wrong
 * inside them {@link checkExpression} says, of each expression. Where braces are wrong, they and what follows stay text.
 */
export function parseTemplate(
  text: string,
  locate: (offset: number) => Position,
): { readonly template: Template; readonly diagnostics: readonly Diagnostic[] } {
  if (!text.includes(opening)) return { template: { kind: 'literal', value: text }, diagnostics: [] };
  const segments = splitText(text);
  const parts = segments.map((segment) => partOf(segment, text, locate));
  const diagnostics = segments.flatMap((segment) => diagnosticsOf(segment, locate));
  return { template: templateOf(parts, text), diagnostics };
}

function partOf(segment: Segment, text: string, locate: (offset: number) => Position): string | ExpressionSource {
  switch (segment.kind) {
    case 'text':
      return segment.text;
    case 'unclosed':
      return text.slice(segment.start);
    case 'expression': {
      const { start, end } = segment.whole;
      return segment.end > segment.start ? sourceAt(text, segment, locate) : text.slice(start, end);
    }
    default:
      return assertNever(segment);
  }
}

function templateOf(parts: readonly (string | ExpressionSource)[], text: string): Template {
  const [only] = parts;
  if (parts.length === 1 && typeof only === 'object') return { kind: 'expression', expression: only };
  return parts.every((part) => typeof part === 'string') ? { kind: 'literal', value: text } : { kind: 'text', parts };
}

/** What is wrong with the braces of a segment: not closed, or nothing between them. */
export function diagnosticsOf(segment: Segment, locate: (offset: number) => Position): readonly Diagnostic[] {
  switch (segment.kind) {
    case 'text':
      return [];
    case 'unclosed':
      return [
        templateDiagnostic(locate, segment, {
          code: 'EXPRESSION_SYNTAX',
          message: 'the expression is not closed: }} is missing',
          remedy: "Close it with }}; for the text ${{ itself write ${{ '${{' }}.",
        }),
      ];
    case 'expression':
      if (segment.end > segment.start) return [];
      return [
        templateDiagnostic(locate, segment.whole, {
          code: 'EXPRESSION_SYNTAX',
          message: 'an expression is expected between ${{ and }}',
          remedy: 'Write an expression, or remove the braces.',
        }),
      ];
    default:
      return assertNever(segment);
  }
}

/** An error at a piece of a scalar's text. */
export function templateDiagnostic(
  locate: (offset: number) => Position,
  span: Span,
  error: { readonly code: ErrorCode; readonly message: string; readonly remedy: string },
): Diagnostic {
  const { file, line, column } = locate(span.start);
  const last = locate(Math.max(span.start, span.end - 1));
  return { severity: 'error', ...error, file, line, column, end_line: last.line, end_column: last.column + 1 };
}

/** Every expression in a template, in its order. */
export function expressionsOf(template: Template): readonly ExpressionSource[] {
  switch (template.kind) {
    case 'literal':
      return [];
    case 'expression':
      return [template.expression];
    case 'text':
      return template.parts.filter((part) => typeof part !== 'string');
    case 'array':
      return template.items.flatMap(expressionsOf);
    case 'object':
      return template.entries.flatMap(([, value]) => expressionsOf(value));
    default:
      return assertNever(template);
  }
}

/**
 * The context paths that a template reads, as far as they are constant, each once, the context's name in lower case:
 * `[['steps', 'build', 'outputs', 'path'], ['matrix']]`. An expression that can't be parsed reads nothing.
 */
export function referencesOf(template: Template): readonly (readonly string[])[] {
  return referencesIn(expressionsOf(template));
}
