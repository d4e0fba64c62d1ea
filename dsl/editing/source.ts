import type { CST } from 'yaml';
import { type Collection, type Entry, entriesOf } from './cst.ts';
import { type Comment, commentsOf, rootOf } from './reading.ts';

/** The lines that an entry of a collection has for itself. */
export interface EntryLines {
  /** With the comments right above it. */
  readonly lead: number;
  readonly from: number;
  /** Behind its last line break, with comments below it that are indented as its content is. */
  readonly to: number;
  /** Of the dash or the key, from 0. */
  readonly column: number;
}

/** A text that is to be edited, how it is laid out, and what it is made of. */
export class Source {
  readonly text: string;
  readonly root: CST.Token | undefined;
  readonly comments: readonly Comment[];
  readonly #commentOffsets: ReadonlySet<number>;
  /** Its line break. */
  readonly eol: '\n' | '\r\n';
  /** By how many columns it indents what is in something. */
  readonly step: number;
  /** Whether lists are indented below their keys. */
  readonly indentsLists: boolean;

  constructor(text: string) {
    this.text = text;
    this.root = rootOf(text);
    this.comments = commentsOf(text);
    this.#commentOffsets = new Set(this.comments.map(({ offset }) => offset));
    this.eol = /\r?\n/u.exec(text)?.[0] === '\r\n' ? '\r\n' : '\n';
    const layout = layoutOf(this.root);
    this.step = layout.step ?? 2;
    this.indentsLists = layout.indentsLists ?? true;
  }

  lineStart(offset: number): number {
    return this.text.lastIndexOf('\n', offset - 1) + 1;
  }

  /** Behind the line break; at the end of the text, there. */
  lineEnd(offset: number): number {
    const at = this.text.indexOf('\n', offset);
    return at === -1 ? this.text.length : at + 1;
  }

  line(start: number): string {
    return this.text.slice(start, this.lineEnd(start)).trimEnd();
  }

  /** Undefined where something else stands before it in its line. */
  linesOf(collection: Collection, index: number): EntryLines | undefined {
    const entries = entriesOf(collection);
    const entry = entries[index];
    if (entry === undefined || collection.type === 'flow-collection') return undefined;
    const from = this.lineStart(entry.start);
    const column = entry.start - from;
    if (!/^ *$/u.test(this.text.slice(from, entry.start))) return undefined;
    return { lead: this.#lead(from, column), from, to: this.#below(entry, column), column };
  }

  #lead(from: number, column: number): number {
    let lead = from;
    while (lead > 0) {
      const above = this.lineStart(lead - 1);
      if (!isCommentUpTo(this.line(above), column) || !this.#isComment(above)) return lead;
      lead = above;
    }
    return lead;
  }

  #below(entry: Entry, column: number): number {
    let to = this.lineEnd(entry.end);
    while (to < this.text.length) {
      const line = this.line(to);
      if (!/^\s*#/u.test(line) || isCommentUpTo(line, column) || !this.#isComment(to)) return to;
      to = this.lineEnd(to);
    }
    return to;
  }

  /** A line of a script may look like a comment. */
  #isComment(lineStart: number): boolean {
    const offset = lineStart + this.line(lineStart).search(/\S/u);
    return this.#commentOffsets.has(offset);
  }

  /** From the end of the line break before the blank lines above a line, to that line. */
  blankAbove(lineStart: number): number {
    let top = lineStart;
    while (top > 0) {
      const above = this.lineStart(top - 1);
      if (this.line(above) !== '') return top;
      top = above;
    }
    return top;
  }

  /** Behind the blank lines that begin here. */
  blankBelow(lineStart: number): number {
    let bottom = lineStart;
    while (bottom < this.text.length && this.line(bottom) === '') bottom = this.lineEnd(bottom);
    return bottom;
  }
}

/** A comment that isn't indented further than a column, so that it isn't within what stands there. */
function isCommentUpTo(line: string, column: number): boolean {
  const at = line.search(/\S/u);
  return at !== -1 && at <= column && line.startsWith('#', at);
}

/** How deep the first mapping in a mapping is indented, and the first list in one. */
function layoutOf(root: CST.Token | undefined): { readonly step?: number; readonly indentsLists?: boolean } {
  if (root?.type !== 'block-map') return {};
  let layout: { step?: number; indentsLists?: boolean } = {};
  const waiting: CST.Token[] = [root];
  for (const token of waiting) {
    if (token.type !== 'block-map' && token.type !== 'block-seq') continue;
    for (const { value } of entriesOf(token)) {
      if (value === undefined) continue;
      waiting.push(value);
      if (token.type !== 'block-map') continue;
      if (value.type === 'block-map') layout = { step: value.indent - token.indent, ...layout };
      if (value.type === 'block-seq') layout = { indentsLists: value.indent > token.indent, ...layout };
    }
    if (layout.step !== undefined && layout.indentsLists !== undefined) break;
  }
  return layout;
}
