import type { TextChange } from './api.ts';
import { type Collection, type Entry, entriesOf } from './cst.ts';
import type { EntryLines, Source } from './source.ts';

/** Takes an entry out of a collection that has others. The comments in it stay, in its place. */
export function removeEntry(source: Source, collection: Collection, index: number): readonly TextChange[] | undefined {
  const entries = entriesOf(collection);
  const entry = entries[index];
  if (entry === undefined || entries.length < 2) return undefined;
  if (collection.type === 'flow-collection') return [removeFromFlow(source, entries, index)];
  const lines = source.linesOf(collection, index);
  if (lines === undefined) return removeBehindDash(source, entries, index);
  const kept = commentsIn(source, lines.from, lines.to).map((text) => `${' '.repeat(lines.column)}${text}`);
  const { from, to } = kept.length === 0 ? withBlanks(source, lines.from, lines.to) : lines;
  return [{ from, to, insert: kept.map((line) => `${line}${source.eol}`).join('') }];
}

/** Takes the lines of an entry away, with the comments above it, to put them elsewhere. */
export function takeLines(source: Source, { lead, to }: EntryLines): TextChange {
  return { ...withBlanks(source, lead, to), insert: '' };
}

/** With the blank lines on one side, where there are some on both. */
function withBlanks(source: Source, from: number, to: number): { readonly from: number; readonly to: number } {
  const top = source.blankAbove(from);
  const bottom = source.blankBelow(to);
  if (top < from && (bottom > to || to === source.text.length)) return { from: top, to };
  // What comes first in its list: no blank line is left above what follows.
  const isFirst = top === from && from > 0 && /:\s*(?:#.*)?$/u.test(source.line(source.lineStart(from - 1)));
  return { from, to: isFirst ? bottom : to };
}

function commentsIn(source: Source, from: number, to: number): readonly string[] {
  return source.comments.filter(({ offset }) => offset >= from && offset < to).map(({ text }) => text);
}

/** The first key of an item of a list, with which another one stands behind the dash. */
function removeBehindDash(source: Source, entries: readonly Entry[], index: number): readonly TextChange[] | undefined {
  const [entry, next] = [entries[index], entries[index + 1]];
  if (entry === undefined || next === undefined) return undefined;
  const line = source.lineStart(entry.start);
  const before = source.text.slice(line, entry.start);
  const dash = before.search(/\S/u);
  if (!/^ *-/u.test(before)) return undefined;
  const kept = commentsIn(source, entry.start, next.start);
  const above = kept.map((text) => `${' '.repeat(dash)}${text}${source.eol}`).join('');
  return [
    ...(above === '' ? [] : [{ from: line, to: line, insert: above }]),
    { from: entry.start, to: next.start, insert: '' },
  ];
}

function removeFromFlow(source: Source, entries: readonly Entry[], index: number): TextChange {
  const [before, entry, after] = [entries[index - 1], entries[index], entries[index + 1]];
  const from = before?.end ?? entry?.start ?? 0;
  const to = (before === undefined ? after?.start : entry?.end) ?? from;
  const line = source.lineStart(entry?.start ?? 0);
  const indentation = /^\s*/u.exec(source.line(line))?.[0] ?? '';
  const kept = commentsIn(source, from, to).map((text) => ` ${text}${source.eol}${indentation}`);
  return { from, to, insert: kept.join('') };
}
