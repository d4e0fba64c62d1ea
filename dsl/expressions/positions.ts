import type { Diagnostic, ExpressionSource, Position, WaterflowError } from '../../schemas/index.ts';
import { quote } from '../quote.ts';
import type { Problem } from './problem.ts';
import type { Span } from './tree.ts';

/** Where a piece of an expression's source stands in the file, in the words of {@link WaterflowError}. */
export type PlaceInFile = Required<Pick<WaterflowError, 'file' | 'line' | 'column' | 'end_line' | 'end_column'>>;

/**
 * Builds an expression's source from a piece of a scalar's text, noting where it doesn't run on in the file (line breaks of a
 * block scalar, folded lines, escapes), so that each of its characters can be found again.
 */
export function sourceAt(text: string, span: Span, locate: (offset: number) => Position): ExpressionSource {
  const source = text.slice(span.start, span.end);
  const at = locate(span.start);
  if (source.length < 2) return { source, at };
  const last = locate(span.end - 1);
  // Each character stands after the one before it, so the last is in its place only if all are.
  if (last.line === at.line && last.column === at.column + source.length - 1) return { source, at };
  return { source, at, jumps: jumpsOf(source.length, (offset) => locate(span.start + offset)) };
}

function jumpsOf(length: number, locate: (offset: number) => Position): (readonly [number, number, number])[] {
  const jumps: (readonly [number, number, number])[] = [];
  let expected = locate(0);
  for (let offset = 0; offset < length; offset += 1) {
    const place = locate(offset);
    if (place.line !== expected.line || place.column !== expected.column) {
      jumps.push([offset, place.line, place.column]);
    }
    expected = { ...place, column: place.column + 1 };
  }
  return jumps;
}

/** The place of one character of the source. */
export function positionAt(expression: ExpressionSource, offset: number): Position {
  const jump = expression.jumps?.findLast(([start]) => start <= offset);
  if (jump === undefined) return { ...expression.at, column: expression.at.column + offset };
  const [start, line, column] = jump;
  return { file: expression.at.file, line, column: column + offset - start };
}

/** The place of a piece of the source. */
export function placeOf(expression: ExpressionSource, span: Span): PlaceInFile {
  const start = positionAt(expression, span.start);
  const last = span.end > span.start ? positionAt(expression, span.end - 1) : { ...start, column: start.column - 1 };
  const { file, line, column } = start;
  return { file, line, column, end_line: last.line, end_column: last.column + 1 };
}

/** A problem as an error of the run. */
export function errorOf(expression: ExpressionSource, problem: Problem): WaterflowError {
  const { code, message, remedy } = problem;
  return { code, message, remedy, ...placeOf(expression, problem) };
}

/** A problem as the reader of the file reports it. */
export function diagnosticOf(expression: ExpressionSource, problem: Problem): Diagnostic {
  const { replacement, severity = 'error' } = problem;
  const diagnostic: Diagnostic = { severity, ...errorOf(expression, problem) };
  if (replacement === undefined) return diagnostic;
  const { line, column, end_line, end_column } = placeOf(expression, replacement);
  const edit = { start: { line, column }, end: { line: end_line, column: end_column }, text: replacement.text };
  const description = replacement.text === '' ? 'remove it' : `write ${quote(replacement.text)}`;
  return { ...diagnostic, fix: { description, edits: [edit] } };
}
