import type { Diagnostic, ExpressionSource, Position } from '../../schemas/index.ts';
import { parseExpression } from './parse.ts';
import { sourceAt } from './positions.ts';
import { diagnosticsOf, type Segment, splitText, templateDiagnostic } from './template.ts';

/** Operators around or inside `${{ }}` that make it matter where the parentheses stand. */
const operators = /[!&|=<>]/;

/** The expression of a condition, and what is wrong with its form. */
interface ReadCondition {
  readonly expression?: ExpressionSource;
  readonly diagnostics: readonly Diagnostic[];
  /** Of text around `${{ }}`: the one expression that was meant, where that can be read. */
  readonly meant?: string;
}

/**
 * Text of an `if:` -> its expression: `expr` and `${{ expr }}` mean the same. Text around `${{ }}` is an error (it would be
 * a text, and so always true), as is an empty one. What is wrong inside the expression {@link checkExpression} says. `subject` is the
 * key that holds it, for messages.
 */
export function conditionSource(text: string, locate: (offset: number) => Position, subject = '`if`'): ReadCondition {
  const segments = splitText(text);
  const key = subject.replaceAll('`', '');
  const expressions = segments.filter((segment) => segment.kind !== 'text');
  const around = segments.filter((segment) => segment.kind === 'text' && segment.text.trim() !== '');
  const [only] = expressions;
  if (only === undefined) return plainCondition(text, locate);
  if (expressions.length > 1 || around.length > 0) {
    const whole = { start: text.length - text.trimStart().length, end: text.trimEnd().length };
    const meant = meantCondition(text, segments);
    const error = {
      code: 'CONDITION_TEXT',
      message: 'the condition has text around ${{ }}, which makes it a text that is always true',
      remedy: conditionRemedy(key, meant, segments),
    } as const;
    return { diagnostics: [templateDiagnostic(locate, whole, error)], ...(meant === undefined ? {} : { meant }) };
  }
  const diagnostics = diagnosticsOf(only, locate);
  if (only.kind !== 'expression' || diagnostics.length > 0) return { diagnostics };
  return { expression: sourceAt(text, only, locate), diagnostics };
}

function plainCondition(text: string, locate: (offset: number) => Position): ReadCondition {
  const start = text.length - text.trimStart().length;
  const end = text.trimEnd().length;
  if (end > start) return { expression: sourceAt(text, { start, end }, locate), diagnostics: [] };
  const error = {
    code: 'EXPRESSION_SYNTAX',
    message: 'a condition is expected',
    remedy: 'Write a condition, such as `success()`, or remove the key.',
  } as const;
  return { diagnostics: [templateDiagnostic(locate, { start: 0, end: 0 }, error)] };
}

function conditionRemedy(key: string, meant: string | undefined, segments: readonly Segment[]): string {
  if (meant !== undefined) return `Write \`${key}: \${{ ${meant} }}\`.`;
  const isUnclosed = segments.some(({ kind }) => kind === 'unclosed');
  const whole = 'Put the whole condition between one ${{ and }}.';
  return isUnclosed ? whole : `${whole} Texts stand in single quotes.`;
}

/** The condition as it was meant: one expression, where that can be read. */
function meantCondition(text: string, segments: readonly Segment[]): string | undefined {
  if (segments.some(({ kind }) => kind === 'unclosed')) return undefined;
  const meant = segments
    .map((segment) => {
      if (segment.kind === 'text') return segment.text;
      const inner = text.slice(segment.start, segment.end);
      return operators.test(inner) ? `(${inner})` : inner;
    })
    .join('')
    .trim()
    .replace(/\s+/g, ' ');
  return 'problem' in parseExpression(meant) ? undefined : meant;
}
