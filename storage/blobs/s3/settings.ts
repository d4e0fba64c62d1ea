import { WaterflowFailure } from '../../../schemas/index.ts';

/** A bucket of S3, or of a server that speaks like it, addressed in the path: `https://endpoint/bucket/key`. */
export interface S3Settings {
  /** `https://s3.eu-central-1.amazonaws.com`, `http://minio:9000`. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  /** Before the names of all blobs: `waterflow/`. Default: none. */
  readonly prefix?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** A folder on a local disk, where content waits until its digest is known. */
  readonly spool: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const bucketPattern = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** What every server takes, and every signature encodes, in the same way. */
const prefixPattern = /^([A-Za-z0-9_][A-Za-z0-9._-]*\/)*$/;

/** The endpoint's URL. INVALID_INPUT where a setting can't be right. */
export function endpointOf({ endpoint, bucket, prefix = '' }: Omit<S3Settings, 'spool'>): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '') {
    throw wrong(`the endpoint of S3, ${endpoint}`, 'an address alone, like https://s3.eu-central-1.amazonaws.com');
  }
  if (url.username !== '' || url.password !== '') {
    throw wrong('the endpoint of S3, which holds a password', 'an address alone; keys have settings of their own');
  }
  if (!bucketPattern.test(bucket)) throw wrong(`the bucket ${bucket}`, '3 to 63 lower-case letters, digits, . and -');
  if (!prefixPattern.test(prefix)) throw wrong(`the prefix ${prefix}`, 'names with a / after each, like waterflow/');
  return url;
}

function wrong(what: string, form: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `${what} can't be right`,
    remedy: `Write ${form}.`,
  });
}
