import { read, readSync } from 'node:fs';
import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import { writtenTo } from './format.ts';
import { blockBytes, encodeHeader, paddingOf, type TarHeader } from './tar-header.ts';

/** What the compressor gets at a time. It works in a thread: many small pieces take longer to hand over than to compress. */
const pieceBytes: number = 1024 * 1024;
/** Files up to there are read at once, without a thread: to wait for one takes longer than the disk's cache does. */
const readAtOnceBytes: number = 1024 * 1024;
/** POSIX: the end of an archive. */
const endBytes: number = 2 * blockBytes;

const readCallback = promisify(read);

/**
 * Writes a tar into a stream that has read what it was given once it calls back, such as a compressor. Two pieces of memory take turns: one is
 * filled while the other one is compressed, and nothing is allocated for a file, which would keep the collector of garbage busy.
 */
export class TarWriter {
  readonly #stream: Transform;
  readonly #pieces = [Buffer.allocUnsafeSlow(pieceBytes), Buffer.allocUnsafeSlow(pieceBytes)] as const;
  #piece: Buffer = this.#pieces[0];
  #used = 0;
  #written: Promise<void> = Promise.resolve();

  constructor(stream: Transform) {
    this.#stream = stream;
  }

  async header(header: TarHeader): Promise<void> {
    const bytes = encodeHeader(header);
    for (let from = 0; from < bytes.length; ) {
      const room = await this.#room();
      from += this.#take(bytes.copy(room, 0, from));
    }
  }

  /** All that the descriptor has, from its beginning; how much that was. Ends once it is more than `expected`. */
  async content(fd: number, expected: number): Promise<number> {
    let position = 0;
    for (;;) {
      const room = await this.#room();
      const bytes =
        expected <= readAtOnceBytes
          ? readSync(fd, room, 0, room.length, position)
          : (await readCallback(fd, room, 0, room.length, position)).bytesRead;
      position += this.#take(bytes);
      if (bytes === 0 || position > expected) break;
    }
    await this.#zeros(paddingOf(position));
    return position;
  }

  /** The archive's end; resolves once the stream has all of it. */
  async end(): Promise<void> {
    await this.#zeros(endBytes);
    await this.#flush();
    await this.#written;
    this.#stream.end();
  }

  /** Where the next bytes go: at least one. */
  async #room(): Promise<Buffer> {
    if (this.#used === pieceBytes) await this.#flush();
    return this.#piece.subarray(this.#used);
  }

  #take(bytes: number): number {
    this.#used += bytes;
    return bytes;
  }

  async #zeros(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; ) {
      const room = (await this.#room()).subarray(0, left).fill(0);
      left -= this.#take(room.length);
    }
  }

  /** Hands over what is there, and waits for the other piece. */
  async #flush(): Promise<void> {
    await this.#written;
    const piece = this.#piece.subarray(0, this.#used);
    this.#written = writtenTo(this.#stream, piece);
    // It is awaited before the piece is used again.
    this.#written.catch(() => undefined);
    this.#piece = this.#piece === this.#pieces[0] ? this.#pieces[1] : this.#pieces[0];
    this.#used = 0;
  }
}
