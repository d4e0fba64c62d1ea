import { createCipheriv, randomFillSync } from 'node:crypto';
import type { DeterministicStart } from '../engine.ts';

/** What WASI's clock and its randomness come from. */
export interface TimeAndChance {
  /** Milliseconds since the epoch. */
  now(): number;
  randomize(bytes: Uint8Array): void;
}

/** The machine's own; or a clock that stands, since WASI gives a module no way to sleep, and the key stream of a cipher. */
export function machineOr(deterministic: DeterministicStart | undefined): TimeAndChance {
  if (deterministic === undefined) return { now: () => Date.now(), randomize: (bytes) => void randomFillSync(bytes) };
  const key = Buffer.from(deterministic.seed, 'hex').subarray(0, 32);
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return {
    now: () => deterministic.now_ms,
    randomize: (bytes) => bytes.set(cipher.update(Buffer.alloc(bytes.length))),
  };
}
