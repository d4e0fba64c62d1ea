import { closeSync, openSync, readSync } from 'node:fs';

/** An entry is bounded far below this; a longer line is none. */
const maxLineBytes = 4 * 1024 ** 2;
const chunkBytes = 1024 ** 2;

/** A line without its newline; `rest`: what comes after the last newline, which is empty in a file that is whole. */
export interface FileLine {
  readonly kind: 'line' | 'rest';
  /** 1-based. */
  readonly number: number;
  readonly bytes: Buffer;
}

/**
 * Cuts a file into lines at `\n` and nowhere else: a `\r` is part of a line, and so of its hash. An endless line is given out
 * in part as it is, and is no entry. In memory is one line and one chunk, however long the file is.
 */
export function* linesOfFile(path: string): Generator<FileLine, void> {
  const fd = openSync(path, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    let number = 1;
    for (;;) {
      // A new one each time: lines are views of it.
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const read = readSync(fd, chunk, 0, chunkBytes, null);
      if (read === 0) break;
      let data = rest.length === 0 ? chunk.subarray(0, read) : Buffer.concat([rest, chunk.subarray(0, read)]);
      for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a)) {
        yield { kind: 'line', number, bytes: data.subarray(0, end) };
        number += 1;
        data = data.subarray(end + 1);
      }
      if (data.length > maxLineBytes) {
        yield { kind: 'line', number, bytes: data };
        return;
      }
      rest = data;
    }
    yield { kind: 'rest', number, bytes: rest };
  } finally {
    closeSync(fd);
  }
}
