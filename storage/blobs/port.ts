import type { Readable } from 'node:stream';
import type { Digest } from '../../schemas/index.ts';

/**
 * Bytes by the digest of their content, `sha256:` and 64 hex digits. A blob is there whole or not at all, and durable once put()
 * has resolved. Memory stays the same however large it is. Errors are WaterflowFailure with STORAGE_FULL or STORAGE_FAILED.
 */
export interface Blobs extends AsyncDisposable {
  /**
   * Keeps what it reads. What was there before stays, and is mended where it was damaged. With `expected`, other content is
   * INVALID_INPUT and is not kept. What the content itself throws is passed on.
   */
  put(content: AsyncIterable<Uint8Array>, options?: { readonly expected?: Digest }): Promise<BlobInfo>;
  /** Undefined where there is no such blob. */
  get(digest: Digest, range?: BlobRange): Promise<StoredBlob | undefined>;
  has(digest: Digest): Promise<boolean>;
  /** Nothing happens where it isn't there. Who is reading it may or may not come to its end. */
  remove(digest: Digest): Promise<void>;
}

export interface BlobInfo {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/** Bytes from a position on, up to another one, which isn't included, or to the end. What lies past the end is left out. */
export interface BlobRange {
  readonly from: number;
  readonly until?: number;
}

export interface StoredBlob {
  /** Of the whole blob, in bytes, also where a range was asked for. */
  readonly size: number;
  /**
   * To be read to its end, or destroyed. A whole blob is compared with its digest while it is read: where it differs, the stream
   * fails with STORAGE_FAILED before the last bytes. A range can't be compared.
   */
  readonly content: Readable;
}
