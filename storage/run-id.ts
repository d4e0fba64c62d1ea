import type { RunId } from '../schemas/index.ts';

/** What making a run's id needs: the time in ms since the epoch, and unguessable bytes. */
export interface RunIdPowers {
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

const digits = '0123456789abcdefghjkmnpqrstvwxyz';
/** 48 bits of milliseconds reach past the year 10000. */
const timeDigits = 10;
const randomDigits = 16;
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
    const text = `run-${toDigits(BigInt(time), timeDigits)}${toDigits(random, randomDigits)}`;
    // It matches RunId's definition: 26 digits of the alphabet above after the prefix.
    return text as RunId;
  };
}

function toInteger(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function toDigits(value: bigint, length: number): string {
  let text = '';
  for (let position = length - 1; position >= 0; position -= 1) {
    text += digits.charAt(Number((value >> BigInt(position * 5)) & 31n));
  }
  return text;
}
