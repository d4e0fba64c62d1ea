export { removeBlobsPutBefore } from './folder/old-blobs.ts';
export { type BlobsPlace, openBlobs } from './open.ts';
export type { BlobInfo, BlobRange, Blobs, StoredBlob } from './port.ts';
export type { S3Settings } from './s3/settings.ts';
