import { openFolderBlobs } from './folder/blobs.ts';
import type { Blobs } from './port.ts';
import { openS3Blobs } from './s3/blobs.ts';
import type { S3Settings } from './s3/settings.ts';

/** Where blobs lie: a folder, which several servers may share unless one has it `alone`; or a bucket. */
export type BlobsPlace = { readonly folder: string; readonly alone?: boolean } | { readonly s3: S3Settings };

/**
 * Opens a store of blobs. STORAGE_FAILED where its folder can't be made, INVALID_INPUT for settings that can't be right; a bucket is
 * first reached when it is used. `now`: milliseconds since the epoch, which signatures hold.
 */
export function openBlobs(
  place: BlobsPlace,
  powers: { readonly now: () => number } = { now: Date.now },
): Promise<Blobs> {
  return 's3' in place ? openS3Blobs(place.s3, powers) : openFolderBlobs(place, powers);
}
