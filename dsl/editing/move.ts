import type { TextChange } from './api.ts';
import { type Collection, entriesOf } from './cst.ts';
import { insertLines } from './insert.ts';
import { takeLines } from './remove.ts';
import type { Source } from './source.ts';

/** An entry of a collection. */
export interface EntryPlace {
  readonly collection: Collection;
  readonly index: number;
}

/** Moves an entry as it is written, with the comments above it and in it. `to.index` is its number afterwards. */
export function moveEntry(source: Source, from: EntryPlace, to: EntryPlace): readonly TextChange[] | undefined {
  const isWithin = from.collection === to.collection;
  // Of what is before it goes one away.
  const index = isWithin && to.index > from.index ? to.index + 1 : to.index;
  if (from.collection.type === 'flow-collection' || to.collection.type === 'flow-collection') {
    return isWithin ? moveInFlow(source, from, index) : undefined;
  }
  const lines = source.linesOf(from.collection, from.index);
  if (lines === undefined) return undefined;
  const written = source.text
    .slice(lines.lead, lines.to)
    .replace(/\r?\n$/u, '')
    .split(/\r?\n/u);
  const insertion = insertLines(source, to.collection, { index, lines: outdented(written, lines.column) });
  if (insertion === undefined) return undefined;
  return [takeLines(source, lines), ...insertion];
}

/** Lines as they would stand without indentation; what is indented less has none then. */
function outdented(lines: readonly string[], column: number): readonly string[] {
  return lines.map((line) => line.slice(Math.min(column, line.search(/\S|$/u))));
}

/** Each one's text in the place of another. */
function moveInFlow(source: Source, from: EntryPlace, index: number): readonly TextChange[] | undefined {
  const entries = entriesOf(from.collection);
  const texts = entries.map(({ start, end }) => source.text.slice(start, end));
  const [moved] = texts.slice(from.index, from.index + 1);
  if (moved === undefined) return undefined;
  const target = index > from.index ? index - 1 : index;
  const order = texts.toSpliced(from.index, 1).toSpliced(target, 0, moved);
  return entries.flatMap(({ start, end }, place) => {
    const insert = order[place] ?? '';
    return insert === texts[place] ? [] : [{ from: start, to: end, insert }];
  });
}
