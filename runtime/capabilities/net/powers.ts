import type { LookupAddress } from 'node:dns';

/** What net needs of the outside; only the composition root hands in the real ones. */
export interface NetPowers {
  /** All addresses of a name. Rejects where it has none. */
  readonly lookup: (hostname: string) => Promise<readonly LookupAddress[]>;
  /** Certificate authorities in PEM beside the system's; they are trusted for every request. */
  readonly authorities: readonly string[];
  readonly userAgent: string;
}
