import { createHash } from 'node:crypto';
import type { Digest } from '../../schemas/index.ts';

/** The digest of a value's JSON, as it is written. */
export function digestOf(value: unknown): Digest {
  // That is how digests look.
  return `sha256:${createHash('sha256').update(JSON.stringify(value)).digest('hex')}` as Digest;
}
