/** Numbers from 0 up to 1, the same again from the same seed (mulberry32, whose constants are in the public domain). */
export type Random = () => number;

/** A generator of its own. */
export function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 up to `end`, which isn't one of them. */
export function below(random: Random, end: number): number {
  return Math.floor(random() * end);
}

/** One of them, which are at least one. */
export function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[below(random, items.length)];
  if (item === undefined) throw new TypeError('there is nothing to choose from');
  return item;
}
