/**
 * A number of places for which holders compete who may not shut each other out. Each may hold `greed` times as many as are free,
 * so that something is always left for whoever has few: with 9, one alone gets nine tenths, and two get nearly half each.
 * Source: Choudhury and Hahne, Dynamic queue length thresholds for shared-memory packet switches, 1998.
 */
export class FairShares {
  readonly #most: number;
  readonly #greed: number;
  readonly #held = new Map<string, number>();
  #taken = 0;

  constructor(most: number, { greed }: { readonly greed: number }) {
    this.#most = most;
    this.#greed = greed;
  }

  /** A place, held until it is disposed of; undefined where all are taken, or this holder has its share. */
  take(holder: string): Disposable | undefined {
    const held = this.#held.get(holder) ?? 0;
    const free = this.#most - this.#taken;
    if (free <= 0 || held >= this.#greed * free) return undefined;
    this.#held.set(holder, held + 1);
    this.#taken += 1;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#leave(holder);
      },
    };
  }

  #leave(holder: string): void {
    this.#taken -= 1;
    const rest = (this.#held.get(holder) ?? 1) - 1;
    if (rest === 0) this.#held.delete(holder);
    else this.#held.set(holder, rest);
  }
}
