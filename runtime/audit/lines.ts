/** An entry is bounded far below this; a longer line is none. */
const maxLineBytes = 4 * 1024 ** 2;

/** Cuts bytes into lines at `\n` and nowhere else: a `\r` is part of a line, and so of its hash. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** The lines that are complete by now, without their newlines. */
  push(chunk: Uint8Array): readonly Buffer[] {
    let data = Buffer.concat([this.#rest, chunk]);
    const lines: Buffer[] = [];
    for (;;) {
      const end = data.indexOf(0x0a);
      if (end < 0) break;
      lines.push(data.subarray(0, end));
      data = data.subarray(end + 1);
    }
    // An endless line is given out as it is, and is no entry.
    if (data.length > maxLineBytes) {
      lines.push(data);
      data = Buffer.alloc(0);
    }
    this.#rest = data;
    return lines;
  }

  /** What came after the last newline. */
  rest(): Buffer {
    return this.#rest;
  }
}
