import type { Span, SpanFix } from '../source/report.ts';

type Edit = SpanFix['edits'][number];

/** Puts text at an offset. */
export function insertion(offset: number, text: string): Edit {
  return { span: { start: offset, end: offset }, text };
}

/** Indents the lines of a span by two more, but for its first and for empty ones. */
export function indentFurtherLines(source: string, span: Span): readonly Edit[] {
  const edits: Edit[] = [];
  for (
    let line = source.indexOf('\n', span.start);
    line !== -1 && line + 1 < span.end;
    line = source.indexOf('\n', line + 1)
  ) {
    if (!/[\r\n]/.test(source.charAt(line + 1))) edits.push(insertion(line + 1, '  '));
  }
  return edits;
}
