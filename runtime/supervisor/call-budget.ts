/**
 * What the agent holds in memory for the calls of one invocation, in bytes: arguments of calls that are being carried out, and
 * answers that the guest hasn't taken. A call waits for its turn while that is too much, so that no guest fills the agent's
 * memory by asking for much at once, or by never taking what it asked for.
 */
export class CallBudget {
  readonly #limitBytes: number;
  readonly #waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  #heldBytes = 0;
  #waitingBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Of calls that wait for their turn. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Calls `start` once `bytes` more may be held, and holds them then. In the order of the calls; one alone is never refused. */
  admit(bytes: number, start: () => void): void {
    this.#waiting.push({ bytes, start });
    this.#waitingBytes += bytes;
    this.#startWaiting();
  }

  /** What is held for a call has grown, or shrunk where it is negative. */
  change(bytes: number): void {
    this.#heldBytes += bytes;
    this.#startWaiting();
  }

  /** Starts all that wait, whatever is held, at the end: they are decided and recorded with the rest, and not carried out. */
  close(): void {
    this.#waitingBytes = 0;
    for (const { start } of this.#waiting.splice(0)) start();
  }

  #startWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#hasRoomFor(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#waitingBytes -= next.bytes;
      this.#heldBytes += next.bytes;
      next.start();
    }
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#heldBytes === 0 || this.#heldBytes + bytes <= this.#limitBytes;
  }
}
