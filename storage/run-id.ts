import type { RunId } from '../schemas/index.ts';
import { digitsOf, toInteger } from './id-digits.ts';

/** What making a run's id needs: the time in ms since the epoch, and unguessable bytes. */
export interface RunIdPowers {
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

const randomLimit = 1n << 80n;

/**
 * Makes run ids that sort by the time at which they were made: `run-`, 10 digits of milliseconds, 16 random digits, in
 * Crockford's base 32 (https://www.crockford.com/base32.html). Ids of one maker always ascend, also within a
 * millisecond and when the clock is set back.
 */
export function createRunIds(powers: RunIdPowers): () => RunId {
  let time = -1;
  let random = 0n;
  return () => {
    const now = Math.floor(powers.now());
    if (now > time) {
      time = now;
      random = toInteger(powers.randomBytes(10));
    } else {
      random += 1n;
      if (random === randomLimit) {
        time += 1;
        random = toInteger(powers.randomBytes(10));
      }
    }
    const text = `run-${digitsOf(BigInt(time), random)}`;
    // It matches RunId's definition: 26 digits of Crockford's alphabet after the prefix.
    return text as RunId;
  };
}
