import type { Readable } from 'node:stream';

/** With what every request ends. */
export interface Asking {
  readonly signal: AbortSignal;
}

/**
 * A bucket that agents share for archives, as the composition root hands it in with its keys. Rejects with WaterflowFailure: STORAGE_FAILED
 * where it isn't reached or refuses, STORAGE_FULL.
 */
export interface ArchiveBucket {
  /** Puts a file in the place of what was there; it is there once all of it is. */
  put(
    name: string,
    content: { readonly file: string; readonly bytes: number; readonly sha256: string } | 'empty',
    asking: Asking,
  ): Promise<void>;
  get(name: string, asking: Asking): Promise<{ readonly bytes: number; readonly content: Readable } | undefined>;
  has(name: string, asking: Asking): Promise<boolean>;
  /** All whose names begin so. `modified_ms`: when it was last written, as the bucket's clock goes. */
  list(prefix: string, asking: Asking): Promise<readonly { readonly name: string; readonly modified_ms: number }[]>;
  remove(name: string, asking: Asking): Promise<void>;
}
