import { createHash } from 'node:crypto';
import { startLargeDigest } from './large.ts';

/** A SHA-256 of bytes that come one after the other. */
export interface RunningDigest extends Disposable {
  /** The bytes may be changed once it has resolved, or at once where it gives nothing to wait for. */
  update(bytes: Uint8Array): Promise<void> | undefined;
  /** In lower-case hex. */
  end(): Promise<string>;
}

/** From there on it is worth to hand the bytes to a thread, so that they are moved and digested at the same time. */
const largeBytes: number = 8 * 1024 * 1024;

/** Starts one of about that many bytes; undefined where nobody knows. */
export function startDigest(expectedBytes: number | undefined): RunningDigest {
  return (expectedBytes ?? 0) < largeBytes ? startSmallDigest() : startLargeDigest();
}

function startSmallDigest(): RunningDigest {
  const hash = createHash('sha256');
  return {
    update(bytes) {
      hash.update(bytes);
      return undefined;
    },
    end: async () => hash.digest('hex'),
    [Symbol.dispose]: () => undefined,
  };
}
