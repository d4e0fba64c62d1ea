/** A place in a text: 1-based, columns in UTF-16 code units. */
export interface LinePosition {
  readonly line: number;
  readonly column: number;
}

/** How the indentation of a line was changed before the text was read: its length in the file, and in the text. */
export interface Widening {
  readonly from: number;
  readonly to: number;
}

/** Finds lines and columns of offsets. Lines end with LF or CRLF. */
export class LineIndex {
  readonly #starts: readonly number[];
  readonly #text: string;
  readonly #length: number;
  readonly #widenings: ReadonlyMap<number, Widening>;

  /** `widenings`, by line, where the text isn't quite the file's: places are those of the file. */
  constructor(text: string, widenings: ReadonlyMap<number, Widening> = new Map()) {
    const starts = [0];
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#starts = starts;
    this.#text = text;
    this.#length = text.length;
    this.#widenings = widenings;
  }

  /** What stands at an offset of the text; empty outside it. */
  characterAt(offset: number): string {
    return this.#text.charAt(offset);
  }

  /** The place of an offset; one outside the text is taken to its nearest end. */
  position(offset: number): LinePosition {
    const inside = Math.min(Math.max(offset, 0), this.#length);
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#start(middle) <= inside) low = middle;
      else high = middle - 1;
    }
    const line = low + 1;
    const before = inside - this.#start(low);
    const widening = this.#widenings.get(line);
    if (widening === undefined) return { line, column: before + 1 };
    const isIndentation = before < widening.to;
    return {
      line,
      column: 1 + (isIndentation ? Math.min(before, widening.from) : before - widening.to + widening.from),
    };
  }

  /** The offset of a place; the inverse of {@link position}. */
  offset(place: LinePosition): number {
    const before = place.column - 1;
    const widening = this.#widenings.get(place.line);
    const shift = widening === undefined || before < widening.from ? 0 : widening.to - widening.from;
    return Math.min(this.#start(place.line - 1) + before + shift, this.#length);
  }

  #start(index: number): number {
    return this.#starts[index] ?? this.#length;
  }
}
