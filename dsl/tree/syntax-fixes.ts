import type { YAMLError } from 'yaml';
import type { Diagnostic, Fix } from '../../schemas/index.ts';
import type { Span, SpanFix } from '../source/report.ts';

/** A complaint of the yaml library, and the text that it is about. */
interface SyntaxMistake {
  readonly error: YAMLError;
  readonly text: string;
  /** Where it is reported. */
  readonly at: Span;
}

/** The fix of a mistake of YAML itself, where what was meant is plain; undefined for the others. */
export function fixSyntax({ error, text, at }: SyntaxMistake): SpanFix | undefined {
  switch (error.code) {
    case 'UNEXPECTED_TOKEN':
      return text.charAt(at.start) === '*' ? quoteStar(text, at.start) : quoteExpressions(text, at.start);
    case 'TAG_RESOLVE_FAILED':
      return wrapNegation(text, error.pos[0]);
    case 'BAD_ALIAS':
      return quoteStar(text, error.pos[0]);
    case 'BAD_SCALAR_START':
      return quoteLine(text, error.pos[0]);
    case 'BAD_DQ_ESCAPE':
      return {
        description: String.raw`write the backslash as \\`,
        edits: [{ span: { start: error.pos[0], end: error.pos[0] }, text: '\\' }],
      };
    default:
      return undefined;
  }
}

/** `[a, ${{ b }}]`: expressions that are whole values between brackets. All of the line, since YAML complains of one alone. */
function quoteExpressions(text: string, start: number): SpanFix | undefined {
  if (!/[:,[]\s*$/.test(text.slice(Math.max(0, start - 20), start))) return undefined;
  const edits = Array.from(restOfLine(text, start).matchAll(quotedOrExpression), (match) => {
    const [, expression] = match;
    const at = start + match.index;
    return expression === undefined
      ? []
      : [{ span: { start: at, end: at + expression.length }, text: inQuotes(expression) }];
  }).flat();
  const [first] = edits;
  return first?.span.start === start ? { description: `write ${first.text}`, edits } : undefined;
}

/** A quoted text, which is right, or an expression that ends where its value does. */
const quotedOrExpression =
  /'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|(?<=^|[:,[]\s*)(\$\{\{(?:'[^'\n]*'|[^'}\n]|\}(?!\}))*\}\})(?=\s*[,}\]])/g;

/** `if: !cancelled()`, whose `!` YAML takes for a tag. */
function wrapNegation(text: string, start: number): SpanFix | undefined {
  if (!/^\s*(?:- )?if: +$/.test(lineBefore(text, start))) return undefined;
  const condition = valueOfLine(text, start);
  return condition.includes(': ') ? undefined : replace(start, condition, `\${{ ${condition} }}`);
}

/** `key: @value`, whose first character has a meaning of its own in YAML. */
function quoteLine(text: string, start: number): SpanFix | undefined {
  // Between brackets the value ends before the line does.
  if (!/^\s*(?:- )*(?:[\w-]+: +)?$/.test(lineBefore(text, start))) return undefined;
  const value = valueOfLine(text, start);
  return replace(start, value, inQuotes(value));
}

/** `cron: * * * * *`, which YAML takes for an alias: more than a name stands there. */
export function quoteStar(text: string, start: number): SpanFix | undefined {
  return /^\*\S*\s+[^\s:]/.test(valueOfLine(text, start)) ? quoteLine(text, start) : undefined;
}

function replace(start: number, found: string, text: string): SpanFix {
  return { description: `write ${text}`, edits: [{ span: { start, end: start + found.length }, text }] };
}

function inQuotes(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A plain value up to the end of its line, without a comment. */
function valueOfLine(text: string, start: number): string {
  return restOfLine(text, start)
    .replace(/\s#.*$/, '')
    .trimEnd();
}

/** Longer lines hold nothing that is worth guessing at. */
const longestLine = 1_000;

/** What stands before a place on its line; of a long one the last part, which doesn't look like its beginning. */
export function lineBefore(text: string, place: number): string {
  const from = Math.max(0, place - longestLine);
  const before = text.slice(from, place);
  const line = before.slice(before.lastIndexOf('\n') + 1);
  return from > 0 && line.length === before.length ? `…${line}` : line;
}

function restOfLine(text: string, start: number): string {
  return /^[^\r\n]*/.exec(text.slice(start, start + longestLine))?.[0] ?? '';
}

/** Of a tab that indents: as many spaces as the reading that made most sense took it for. */
export function fixTabs(text: string, width: number): (diagnostic: Diagnostic) => Fix | undefined {
  const lines = text.split('\n');
  return ({ code, line }) => {
    const indentation = /^[ \t]*/.exec(lines[(line ?? 1) - 1] ?? '')?.[0];
    if (code !== 'YAML_TAB' || line === undefined || indentation === undefined) return undefined;
    const spaces = indentation.replaceAll('\t', ' '.repeat(width));
    const end = { line, column: indentation.length + 1 };
    return {
      description: `indent with ${spaces.length} spaces`,
      edits: [{ start: { line, column: 1 }, end, text: spaces }],
    };
  };
}
