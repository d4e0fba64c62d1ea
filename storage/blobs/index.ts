export { removeBlobsPutBefore } from './folder/old-blobs.ts';
export { type BlobsPlace, openBlobs } from './open.ts';
export type { BlobInfo, BlobRange, Blobs, StoredBlob } from './port.ts';
export { type ListedObject, openS3Objects, type S3Objects } from './s3/objects.ts';
export type { S3Settings } from './s3/settings.ts';
