import type { Host } from 'waterflow/plugin';

/** Something that doesn't end, or not within the limits. */
export type Bomb = (host: Host) => unknown;

/** Each takes more than a step gets. The sandbox must end it; the steps beside it must not notice. */
export const bombs: Readonly<Record<string, Bomb>> = {
  memory: () => {
    const kept: unknown[] = [];
    for (;;) {
      kept.push(Array.from({ length: 10_000 }, () => kept.length));
    }
  },
  loop: () => {
    for (;;);
  },
  recursion: () => {
    const deeper = (depth: number): number => deeper(depth + 1) + 1;
    try {
      return deeper(0);
    } catch (error) {
      // Caught like any error, so it goes on with what is left of the stack, for ever.
      for (;;) {
        String(error);
      }
    }
  },
  regex: () => /^(?:a+)+$/.test(`${'a'.repeat(64)}!`),
  flood: async (host) => {
    for (;;) {
      await Promise.all(Array.from({ length: 1000 }, () => host.now()));
    }
  },
  never: () => new Promise(() => {}),
  giant: () => 'x'.repeat(8 * 1024 * 1024),
};
