/** A place in a text: 1-based, columns in UTF-16 code units. */
export interface LinePosition {
  readonly line: number;
  readonly column: number;
}

/** Finds lines and columns of offsets. Lines end with LF or CRLF. */
export class LineIndex {
  readonly #starts: readonly number[];
  readonly #length: number;

  constructor(text: string) {
    const starts = [0];
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#starts = starts;
    this.#length = text.length;
  }

  /** The place of an offset; one outside the text is taken to its nearest end. */
  position(offset: number): LinePosition {
    const inside = Math.min(Math.max(offset, 0), this.#length);
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.start(middle) <= inside) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: inside - this.start(low) + 1 };
  }

  /** The offset of a place; the inverse of {@link position}. */
  offset(place: LinePosition): number {
    return Math.min(this.start(place.line - 1) + place.column - 1, this.#length);
  }

  private start(index: number): number {
    return this.#starts[index] ?? this.#length;
  }
}
