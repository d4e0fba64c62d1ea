import type { Digest, RunId } from '../../schemas/index.ts';

/**
 * What is too large for the histories of Temporal, each of one run, by the digest of its content. Errors are WaterflowFailure with
 * STORAGE_FULL or STORAGE_FAILED.
 */
export interface RunPayloads {
  /** Durable when it resolves. What is there already stays. INVALID_INPUT where the bytes have another digest. */
  put(run: RunId, digest: Digest, bytes: Uint8Array): Promise<void>;
  /** Undefined where the run has none of that digest. */
  get(run: RunId, digest: Digest): Promise<Uint8Array | undefined>;
}

/** The store itself, which removes them, too. */
export interface KeptPayloads extends RunPayloads, AsyncDisposable {
  /** All of a run. Nothing happens where there is nothing. */
  remove(run: RunId): Promise<void>;
}
