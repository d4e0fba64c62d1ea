/** What says when sleeps are over: the machine's clock, or nobody's, where the agent answers each sleep at once (as a plugin's cases have it). */
export type SleepClock = (() => number) | 'skipped';

/**
 * The order in which sleeps end: by the time at which they are over, not by when the agent's answers come, which says nothing where they come at
 * once and little where the machine is busy. Times are milliseconds.
 */
export class SleepOrder {
  readonly #clock: SleepClock;
  /** When those end that the guest hasn't seen end, by the ids of their calls. */
  readonly #ends = new Map<number, number>();
  /** What a clock would say that sleeps alone move. */
  #slept = 0;

  constructor(clock: SleepClock) {
    this.#clock = clock;
  }

  /** Whether time passes by sleeping alone: then everything else that the guest waits for is done before a sleep is over. */
  get isSkipped(): boolean {
    return this.#clock === 'skipped';
  }

  /** A sleep begins; `args` is the JSON text of what it was called with. */
  begin(id: number, args: string): void {
    const now = this.#clock === 'skipped' ? this.#slept : this.#clock();
    this.#ends.set(id, now + millisecondsIn(args));
  }

  has(id: number): boolean {
    return this.#ends.has(id);
  }

  /** Whether none ends before this one. Of those that end at one time, it is the one that began first. */
  isNext(id: number): boolean {
    const end = this.#ends.get(id) ?? 0;
    for (const [other, ends] of this.#ends) {
      if (ends < end || (ends === end && other < id)) return false;
    }
    return true;
  }

  /** The guest is told. */
  end(id: number): void {
    this.#slept = Math.max(this.#slept, this.#ends.get(id) ?? 0);
    this.#ends.delete(id);
  }
}

/** The agent refuses what is no number of milliseconds, or no JSON. */
function millisecondsIn(args: string): number {
  const parsed = parsedOrNull(args);
  const ms = typeof parsed === 'object' && parsed !== null && 'ms' in parsed ? parsed.ms : 0;
  return typeof ms === 'number' ? ms : 0;
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
