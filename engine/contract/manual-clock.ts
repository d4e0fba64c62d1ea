import type { Clock } from '../embedded/api.ts';

interface Waiting {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is told to go on, for tests. */
export class ManualClock implements Clock {
  /** The longest wait that was asked for, in ms. */
  longestWait = 0;
  #now: number;
  /** Time as it passes, whatever the clock is set to. */
  #elapsed = 0;
  #waiting: Waiting[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    this.longestWait = Math.max(this.longestWait, ms);
    const waiting = { at: this.#elapsed + ms, callback };
    this.#waiting.push(waiting);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
    };
  }

  /** Goes on to the next wait's end and calls back, one; false where nobody waits. */
  advanceToNext(): boolean {
    const next = this.#waiting.reduce<Waiting | undefined>(
      (first, waiting) => (first === undefined || waiting.at < first.at ? waiting : first),
      undefined,
    );
    if (next === undefined) return false;
    this.#waiting = this.#waiting.filter((other) => other !== next);
    const passed = Math.max(0, next.at - this.#elapsed);
    this.#elapsed += passed;
    this.#now += passed;
    next.callback();
    return true;
  }

  /** Time passes while nobody is there to notice. */
  pass(ms: number): void {
    this.#elapsed += ms;
    this.#now += ms;
  }

  /** The machine is suspended: its time goes on, and waits don't. */
  suspend(ms: number): void {
    this.#now += ms;
  }

  /** The machine's time is corrected; waits go on as they were. */
  setBack(ms: number): void {
    this.#now -= ms;
  }
}
