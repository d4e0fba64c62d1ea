/** Pseudo-random choices that are the same for the same seed (mulberry32): a finding is told by its seed and number alone. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** That of one case among many. */
  static ofCase(seed: number, number: number): Random {
    const mixed = new Random(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35));
    mixed.below(2);
    return mixed;
  }

  /** From 0 to `end`, which is exclusive; 0 where that is below 1. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * Math.max(1, end));
  }

  /** True in one of `many` cases. */
  oneIn(many: number): boolean {
    return this.below(many) === 0;
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0];
  }

  /** One of any list; undefined where it is empty. */
  choose<Item>(items: readonly Item[]): Item | undefined {
    return items[this.below(items.length)];
  }

  /** `count` results of one function. */
  times<Result>(count: number, make: (index: number) => Result): Result[] {
    return Array.from({ length: count }, (_, index) => make(index));
  }
}
