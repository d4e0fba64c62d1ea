/** Of a line that doesn't end, before it is written as it is. */
const mostPendingBytes = 64 * 1024;

/** What a module prints to one descriptor, written by whole lines, however many writes a line takes. */
export class PrintedLines {
  readonly #write: (text: string) => void;
  #pending: Buffer = Buffer.alloc(0);

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  push(bytes: Uint8Array): void {
    const all = Buffer.concat([this.#pending, bytes]);
    const end = all.lastIndexOf('\n');
    if (end !== -1) this.#write(all.toString('utf8', 0, end));
    this.#pending = all.subarray(end + 1);
    if (this.#pending.byteLength > mostPendingBytes) this.flush();
  }

  /** Writes a last line that has no end. */
  flush(): void {
    if (this.#pending.byteLength > 0) this.#write(this.#pending.toString('utf8'));
    this.#pending = Buffer.alloc(0);
  }
}
