import type { Diagnostic } from '../../schemas/index.ts';
import { plainLine } from './text.ts';

/**
 * A diagnostic as a workflow command of GitHub Actions, which shows it at its line:
 * `::error file=build.yml,line=3,col=5,endColumn=9,title=UNKNOWN_KEY::message`.
 */
export function annotation(diagnostic: Diagnostic): string {
  const { severity, code, message, remedy, file, line, column, end_line, end_column } = diagnostic;
  // GitHub takes no columns where the place ends in another line than it begins.
  const isOneLine = line !== undefined && (end_line === undefined || end_line === line);
  const properties: readonly (readonly [name: string, value: string | number | undefined])[] = [
    ['file', file],
    ['line', line],
    ['endLine', isOneLine ? undefined : end_line],
    ['col', isOneLine ? column : undefined],
    // Theirs is the last column, ours the one after it.
    ['endColumn', isOneLine && end_column !== undefined ? Math.max(column ?? 1, end_column - 1) : undefined],
    ['title', code],
  ];
  const written = properties.flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${escapeProperty(String(value))}`,
  );
  return `::${severity} ${written.join(',')}::${escapeData(`${message}. ${remedy}`)}`;
}

/**
 * What would end the command, or be taken for an escape, as the runner's own toolkit writes it. Other control characters go:
 * messages quote the file.
 */
function escapeData(text: string): string {
  const lines = text.split(/\r?\n/u).map(plainLine);
  return lines.join('\n').replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
