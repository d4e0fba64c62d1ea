import type { TextChange } from './api.ts';
import { type Collection, entriesOf } from './cst.ts';
import type { Source } from './source.ts';
import { blockLines, flowEntry, indented, type NewEntry } from './write.ts';

/** Puts an entry into a collection, so that it is the one of that number. Undefined where the file leaves no place for it. */
export function insertEntry(
  source: Source,
  collection: Collection,
  { index, entry }: { readonly index: number; readonly entry: NewEntry },
): readonly TextChange[] | undefined {
  if (collection.type === 'flow-collection') return insertInFlow(source, collection, { index, text: flowEntry(entry) });
  return insertLines(source, collection, { index, lines: blockLines(entry, source) });
}

/** Puts lines into a block, indented as what is there. */
export function insertLines(
  source: Source,
  collection: Collection,
  { index, lines }: { readonly index: number; readonly lines: readonly string[] },
): readonly TextChange[] | undefined {
  const place = placeFor(source, collection, index);
  if (place === undefined) return undefined;
  const text = indented(lines, place.column).join(source.eol);
  const gap = isSpaced(source, collection) ? source.eol : '';
  return [insertion(source, place, { text, gap })];
}

/** Where an entry of a block is to begin. */
interface Place {
  readonly at: number;
  readonly column: number;
  /** Whether it is put before another one. */
  readonly isBefore: boolean;
}

function placeFor(source: Source, collection: Collection, index: number): Place | undefined {
  const next = source.linesOf(collection, index);
  if (next !== undefined) return { at: next.lead, column: next.column, isBefore: true };
  const entries = entriesOf(collection);
  const last = entries.at(-1);
  if (index < entries.length || last === undefined) return undefined;
  const lines = source.linesOf(collection, entries.length - 1);
  if (lines !== undefined) return { at: lines.to, column: lines.column, isBefore: false };
  // The only key of an item, which stands behind the dash.
  const column = last.start - source.lineStart(last.start);
  return { at: source.lineEnd(last.end), column, isBefore: false };
}

function insertion(
  source: Source,
  { at, isBefore }: Place,
  { text, gap }: { readonly text: string; readonly gap: string },
): TextChange {
  if (isBefore) return { from: at, to: at, insert: `${text}${source.eol}${gap}` };
  const isOpen = at > 0 && source.text[at - 1] !== '\n';
  return { from: at, to: at, insert: isOpen ? `${source.eol}${gap}${text}` : `${gap}${text}${source.eol}` };
}

/** Whether blank lines stand between most entries of a block. */
function isSpaced(source: Source, collection: Collection): boolean {
  const gaps = Math.max(entriesOf(collection).length - 1, 0);
  const spaced = Array.from({ length: gaps }, (_, index) => source.linesOf(collection, index + 1)).filter(
    (lines) => lines !== undefined && source.blankAbove(lines.lead) !== lines.lead,
  );
  return spaced.length > gaps / 2;
}

function insertInFlow(
  source: Source,
  collection: Extract<Collection, { type: 'flow-collection' }>,
  { index, text }: { readonly index: number; readonly text: string },
): readonly TextChange[] {
  const entries = entriesOf(collection);
  const next = entries[index];
  if (next !== undefined) {
    const gap = startsLine(source, next.start) ? `${source.eol}${indentationAt(source, next.start)}` : ' ';
    return [{ from: next.start, to: next.start, insert: `${text},${gap}` }];
  }
  const last = entries.at(-1);
  if (last === undefined) {
    const at = collection.start.offset + 1;
    return [{ from: at, to: at, insert: collection.start.source === '{' ? ` ${text} ` : text }];
  }
  const comma = { from: last.end, to: last.end, insert: ',' };
  if (!startsLine(source, last.start)) return [{ ...comma, insert: `, ${text}` }];
  // Below the last one, and behind what is said of that.
  const line = `${indentationAt(source, last.start)}${text}`;
  const rest = source.text.slice(last.end, source.lineEnd(last.end));
  if (!/^,?\s*(?:#.*)?\r?\n$/u.test(rest)) return [{ ...comma, insert: `,${source.eol}${line}` }];
  const below = source.lineEnd(last.end);
  const addition = { from: below, to: below, insert: `${line}${rest.startsWith(',') ? ',' : ''}${source.eol}` };
  return rest.startsWith(',') ? [addition] : [comma, addition];
}

function startsLine(source: Source, offset: number): boolean {
  return source.text.slice(source.lineStart(offset), offset).trim() === '';
}

function indentationAt(source: Source, offset: number): string {
  const start = source.lineStart(offset);
  return source.text.slice(start, offset);
}
