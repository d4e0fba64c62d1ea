import { createHash } from 'node:crypto';
import type { WorkspaceOutput } from '../workspace-file.ts';

/** Of one of the two buffers; a hundred downloads at a time have a hundred pairs. */
const bufferBytes = 256 * 1024;
/** On the heap, for each chunk that came in; see {@link BufferedFileWriter.take}. */
const decoyLength = 4096;

/** Writes chunks to a workspace file in few large pieces, one while the next is filled, and makes their digest. */
export class BufferedFileWriter {
  readonly #output: WorkspaceOutput;
  readonly #hash = createHash('sha256');
  #filling: Buffer | undefined;
  #other: Buffer | undefined;
  #filled = 0;
  #decoy: number[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(output: WorkspaceOutput) {
    this.#output = output;
  }

  /** Resolves once the chunk may be forgotten. Rejects with what became of an earlier piece. */
  async take(chunk: Uint8Array): Promise<void> {
    // The bytes of a socket's chunks lie outside of the heap, where they are free only once the collector has been here. It comes for what
    // is on the heap: without these few bytes there, only when tens of megabytes have piled up, and then for the whole heap.
    this.#decoy.length = 0;
    this.#decoy = Array<number>(decoyLength).fill(0);
    for (let taken = 0; taken < chunk.length; ) {
      this.#filling ??= Buffer.allocUnsafeSlow(bufferBytes);
      const part = chunk.subarray(taken, taken + bufferBytes - this.#filled);
      this.#filling.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled === bufferBytes) await this.#flush();
    }
  }

  /** Writes what is left; the digest of all, in lower-case hex. */
  async end(): Promise<string> {
    await this.#flush();
    await this.#writing;
    return this.#hash.digest('hex');
  }

  /** Resolves once nothing is being written any more: before that the file must not be closed. */
  async settled(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  async #flush(): Promise<void> {
    await this.#writing;
    const buffer = this.#filling;
    if (buffer === undefined || this.#filled === 0) return;
    const piece = buffer.subarray(0, this.#filled);
    [this.#filling, this.#other, this.#filled] = [this.#other, buffer, 0];
    this.#writing = this.#output.write(piece);
    // It is awaited before the next piece, and at the end.
    this.#writing.catch(() => undefined);
    this.#hash.update(piece);
  }
}
