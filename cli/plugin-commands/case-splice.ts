import { isDeepStrictEqual } from 'node:util';
import { isNode, isSeq, type Node, parseDocument } from 'yaml';

/**
 * The text of a file of cases with some of them as another text of the whole file has them, byte for byte as it was besides: comments, line ends,
 * and how the other cases are written. Where that can't be had, as where a case refers to another one's anchor that isn't there any more, the other
 * text.
 *
 * @param text The file.
 * @param whole The same cases, written by a program.
 * @param changed Which of them, by their place in the file, are others now.
 */
export function spliceCases(text: string, whole: string, changed: ReadonlySet<number>): string {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const [places, written] = [itemsOf(text), itemsOf(whole)];
  let spliced = '';
  let from = 0;
  for (const [index, place] of places.entries()) {
    const other = written[index];
    if (!changed.has(index)) continue;
    if (place === undefined || other === undefined) return whole;
    const old = text.slice(place.start, place.end);
    // The lines below the first are as far in as the case's own.
    const shift = place.column - other.column;
    const lines = whole.slice(other.start, other.end).trimEnd().split('\n');
    const moved = lines.map((line, row) => (row === 0 || line === '' ? line : shifted(line, shift)));
    spliced += text.slice(from, place.start) + moved.join(lineEnd) + old.slice(old.trimEnd().length);
    from = place.end;
  }
  spliced += text.slice(from);
  const wanted = casesIn(whole);
  return wanted !== undefined && isDeepStrictEqual(casesIn(spliced), wanted) ? spliced : whole;
}

interface Place {
  readonly start: number;
  /** Behind its last value. */
  readonly end: number;
  /** From the beginning of its line. */
  readonly column: number;
}

function itemsOf(text: string): readonly (Place | undefined)[] {
  const { contents } = parseDocument(text);
  return isSeq(contents) ? contents.items.map((item) => (isNode(item) ? placeOf(item, text) : undefined)) : [];
}

function placeOf({ range }: Node, text: string): Place | undefined {
  if (range === undefined || range === null) return undefined;
  const [start, end] = range;
  return { start, end, column: start - (text.lastIndexOf('\n', start - 1) + 1) };
}

function shifted(line: string, by: number): string {
  return by >= 0 ? ' '.repeat(by) + line : line.slice(-by);
}

/** What a text comes to; undefined where it is no YAML any more. */
function casesIn(text: string): unknown {
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  try {
    return document.toJS();
  } catch {
    // An alias of an anchor that isn't there.
    return undefined;
  }
}
