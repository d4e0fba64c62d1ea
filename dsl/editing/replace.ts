import type { CST } from 'yaml';
import { isJsonList, isJsonObject, type Json } from '../../schemas/index.ts';
import type { TextChange } from './api.ts';
import { bodyOf, type Collection, type Entry, isCollection } from './cst.ts';
import type { Source } from './source.ts';
import { blockLines, flowText, indented, isLiteral, scalarText } from './write.ts';

/** Another value for an entry, in the manner of the one that it has where that is possible. */
export function replaceValue(
  source: Source,
  { entry, within }: { readonly entry: Entry; readonly within: Collection },
  value: Json,
): readonly TextChange[] {
  const before = entry.value;
  if (within.type === 'flow-collection') {
    const [from, to] = before === undefined ? [entry.end, entry.end] : [before.offset, entry.end];
    return [{ from, to, insert: `${before === undefined ? ' ' : ''}${inFlow(value, before, source)}` }];
  }
  const column = entry.start - source.lineStart(entry.start);
  if (isJsonList(value) || isJsonObject(value) || isCollection(before)) {
    return [replaceWhole(source, { entry, column }, value)];
  }
  if (before?.type === 'block-scalar') return replaceBlock(source, { entry, column, before }, value);
  const from = before === undefined ? entry.end : before.offset;
  const space = before === undefined ? ' ' : '';
  if (typeof value === 'string' && isLiteral(value)) {
    // What is said at the end of the line stays there, behind the sign for a block.
    const below = source.lineEnd(entry.end);
    const body = bodyText(source, value, column);
    return [
      { from, to: entry.end, insert: `${space}${chompingOf(value)}` },
      {
        from: below,
        to: below,
        insert: source.text[below - 1] === '\n' ? `${body}${source.eol}` : `${source.eol}${body}`,
      },
    ];
  }
  return [{ from, to: entry.end, insert: `${space}${scalarText(value, before, source)}` }];
}

function inFlow(value: Json, before: CST.Token | undefined, source: Source): string {
  const isQuoted = before?.type === 'single-quoted-scalar' || before?.type === 'double-quoted-scalar';
  return isQuoted && typeof value === 'string' && !value.includes('\n')
    ? scalarText(value, before, source)
    : flowText(value);
}

/** All behind the dash or the colon. */
function replaceWhole(
  source: Source,
  { entry, column }: { readonly entry: Entry; readonly column: number },
  value: Json,
): TextChange {
  const isItem = entry.key === undefined;
  const [first = '', ...rest] = blockLines(isItem ? { value } : { key: 'k', value }, source);
  const lines = [first.slice(isItem ? 1 : 2), ...indented(rest, column)];
  return { from: entry.afterMark, to: entry.end, insert: lines.join(source.eol) };
}

/** A text in a block stays one as long as it can. */
function replaceBlock(
  source: Source,
  { entry, column, before }: { readonly entry: Entry; readonly column: number; readonly before: CST.BlockScalar },
  value: Json,
): readonly TextChange[] {
  const body = bodyOf(before);
  const header = { from: before.offset, to: before.offset + body.header.length };
  const isEmpty = body.to <= body.from;
  const text = typeof value === 'string' ? value : '';
  // One line, too, with or without its line break.
  if (!isEmpty && (isLiteral(text) || (isLiteral(`${text}\n`) && !text.includes('\n')))) {
    const sign = chompingOf(text);
    return [
      ...(sign === body.header ? [] : [{ ...header, insert: sign }]),
      { from: body.from, to: entry.end, insert: bodyText(source, text, column) },
    ];
  }
  const written = { ...header, insert: scalarText(value, undefined, source) };
  // The line break before its lines goes with them.
  return isEmpty ? [written] : [written, { from: withoutBreak(source, body.from), to: entry.end, insert: '' }];
}

function withoutBreak(source: Source, from: number): number {
  if (source.text[from - 1] !== '\n') return from;
  return source.text[from - 2] === '\r' ? from - 2 : from - 1;
}

function chompingOf(text: string): string {
  return text.endsWith('\n') ? '|' : '|-';
}

function bodyText(source: Source, text: string, column: number): string {
  return indented(text.replace(/\n$/u, '').split('\n'), column + source.step).join(source.eol);
}
