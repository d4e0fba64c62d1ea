import type { Clock } from './api.ts';

/**
 * After so long the time is looked at again: it goes on while a machine is suspended, and can be set, while a timer of Node 24
 * notices neither and fires at once where it is to wait for 2^31 ms or more.
 */
const longestWaitMs = 60_000;

/** Timers by name, each due at a time of the clock. Overdue ones fire as soon as the caller has returned. */
export class Timers implements Disposable {
  readonly #clock: Clock;
  readonly #withdraw = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls back once, at or after `due` (ms since the epoch). A name that is waiting already is left as it is. */
  start(name: string, due: number, fire: () => void): void {
    if (this.#withdraw.has(name)) return;
    const wait = (): void => {
      const rest = due - this.#clock.now();
      const step = Math.min(Math.max(rest, 0), longestWaitMs);
      const withdraw = this.#clock.after(step, () => {
        // There is more to wait, or the clock was set back: wait on.
        if (this.#clock.now() < due) return wait();
        this.#withdraw.delete(name);
        fire();
      });
      this.#withdraw.set(name, withdraw);
    };
    wait();
  }

  cancel(name: string): void {
    this.#withdraw.get(name)?.();
    this.#withdraw.delete(name);
  }

  [Symbol.dispose](): void {
    for (const withdraw of this.#withdraw.values()) withdraw();
    this.#withdraw.clear();
  }
}
