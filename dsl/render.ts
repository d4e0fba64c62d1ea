import type { Diagnostic } from '../schemas/index.ts';

/** Wider source lines are shown in part, around the place. */
const widestLine = 160;

/**
 * A diagnostic as people read it: what and where, the source line, a caret under the place, and the remedy. Plain text, without
 * control characters, whatever the file holds. `sourceText` is the file's text; without it the line is left out.
 */
export function renderDiagnostic(diagnostic: Diagnostic, sourceText: string): string {
  const { severity, code, message, remedy, file, line, column } = diagnostic;
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const head = `${place === '' ? '' : `${printable(place)}: `}${severity} ${code}: ${printable(message)}`;
  const excerpt = line === undefined || column === undefined ? [] : renderExcerpt(diagnostic, sourceText);
  return [head, ...excerpt, `  remedy: ${printable(remedy)}`].join('\n');
}

function renderExcerpt(diagnostic: Diagnostic, sourceText: string): readonly string[] {
  const { line = 1, column = 1 } = diagnostic;
  const text = linesOf(sourceText)[line - 1];
  if (text === undefined) return [];
  const start = Math.max(0, Math.min(column - 1, text.length));
  const from = start > widestLine - 40 ? start - 40 : 0;
  const shown = text.slice(from, from + widestLine);
  const end = diagnostic.end_line === line ? (diagnostic.end_column ?? column + 1) - 1 : text.length;
  const length = Math.max(1, columnsOf(shown.slice(start - from, Math.max(start + 1, end) - from)));
  const gutter = String(line).padStart(5);
  const before = from > 0 ? '…' : '';
  return [
    `${gutter} | ${before}${printable(shown)}${from + widestLine < text.length ? '…' : ''}`,
    `${' '.repeat(gutter.length)} | ${before === '' ? '' : ' '}${indent(shown.slice(0, start - from))}${'^'.repeat(length)}`,
  ];
}

/** Of the text that was asked for last: diagnostics of a file come one after the other, and there may be as many as lines. */
let split: { readonly text: string; readonly lines: readonly string[] } = { text: '', lines: [''] };

function linesOf(text: string): readonly string[] {
  if (split.text !== text) split = { text, lines: text.replace(/^\uFEFF/, '').split(/\r?\n/) };
  return split.lines;
}

/** White space as wide as a text on a terminal: tabs stay tabs. */
function indent(text: string): string {
  return Array.from(text, (character) => (character === '\t' ? '\t' : ' '.repeat(columnsOf(character)))).join('');
}

/** East Asian wide characters and emoji take two columns, combining marks none. */
function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue;
    columns +=
      /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return columns;
}

/** A hostile file must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/(?!\t)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\uFFFD');
}
