/**
 * Whether one who holds `held` of `most` places, of which all together hold `taken`, may have another one: up to `greed` times as many
 * as are free, so that something is always left for whoever has few. With 9, one alone gets nine tenths, and two get nearly half each.
 * Source: Choudhury and Hahne, Dynamic queue length thresholds for shared-memory packet switches, 1998.
 */
export function hasShare(
  { held, taken, most }: { readonly held: number; readonly taken: number; readonly most: number },
  greed: number,
): boolean {
  const free = most - taken;
  return free > 0 && held < greed * free;
}

/** A number of places for which holders compete who may not shut each other out: each has what {@link hasShare} gives it. */
export class FairShares {
  readonly #most: number;
  readonly #greed: number;
  readonly #held = new Map<string, number>();
  #taken = 0;

  constructor(most: number, { greed }: { readonly greed: number }) {
    this.#most = most;
    this.#greed = greed;
  }

  /** Places that are held. */
  get taken(): number {
    return this.#taken;
  }

  /** A place, held until it is disposed of; undefined where all are taken, or this holder has its share. */
  take(holder: string): Disposable | undefined {
    const held = this.#held.get(holder) ?? 0;
    if (!hasShare({ held, taken: this.#taken, most: this.#most }, this.#greed)) return undefined;
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
