import { ManualClock } from './manual-clock.ts';

/** Turns of the event loop in which nothing happens before a test's time goes on. */
const quietTurns = 6;

/**
 * A clock whose time stands still while something happens and goes on to the next wait's end when nothing does, so that a
 * test of hours takes milliseconds. Everything that runs on it must be of this process and must not wait for anything else.
 */
export class AutoClock extends ManualClock {
  #quiet = 0;
  #watching = false;
  #stopped = false;

  override now(): number {
    this.#quiet = 0;
    return super.now();
  }

  override after(ms: number, callback: () => void): () => void {
    this.#quiet = 0;
    this.#watch();
    return super.after(ms, callback);
  }

  /** Time stands still from now on. */
  stop(): void {
    this.#stopped = true;
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#watching = false;
    if (this.#stopped) return;
    this.#quiet += 1;
    if (this.#quiet > quietTurns) {
      this.#quiet = 0;
      if (!this.advanceToNext()) return;
    }
    this.#watch();
  }
}
