import { createCipheriv, randomFillSync } from 'node:crypto';
import type { DeterministicStart } from '../engine.ts';

/** What WASI's clock and its randomness come from. */
export interface TimeAndChance {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Told of each sleep that is over. */
  slept(ms: number): void;
  randomize(bytes: Uint8Array): void;
}

/** The machine's own; or a clock that only sleeps move, as in an isolate, and the key stream of a cipher. */
export function machineOr(deterministic: DeterministicStart | undefined): TimeAndChance {
  if (deterministic === undefined) {
    return { now: () => Date.now(), slept: () => {}, randomize: (bytes) => void randomFillSync(bytes) };
  }
  const key = Buffer.from(deterministic.seed, 'hex').subarray(0, 32);
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  let now = deterministic.now_ms;
  return {
    now: () => now,
    slept: (ms) => {
      now += ms;
    },
    randomize: (bytes) => bytes.set(cipher.update(Buffer.alloc(bytes.length))),
  };
}
