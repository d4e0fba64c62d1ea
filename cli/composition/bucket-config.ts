import type { S3Settings } from '../../storage/blobs/index.ts';
import { usageError } from '../command.ts';
import { readBucketKeys } from './bucket-keys.ts';
import type { SettingReader } from './setting-reader.ts';

/** A bucket, with its keys. */
export type BucketSettings = Omit<S3Settings, 'spool'>;

const defaultRegion = 'us-east-1';
/** As Amazon's own programs call them. */
const keyVariables = { id: 'AWS_ACCESS_KEY_ID', secret: 'AWS_SECRET_ACCESS_KEY', session: 'AWS_SESSION_TOKEN' };

/**
 * The bucket of one section of a configuration file, its keys from the environment or from the file that `credentials-file` names, never from
 * the configuration itself, the environment first; undefined where the section isn't there. USAGE where a key is missing.
 */
export function readBucket(reader: SettingReader, section: 'blobs' | 'archives'): BucketSettings | undefined {
  if (!reader.has(section)) return undefined;
  // The schema wants a bucket, and knows the forms.
  const bucket = reader.text(`${section}.bucket`, { fallback: '' });
  const region = reader.text(`${section}.region`, { fallback: defaultRegion });
  const endpoint = reader.text(`${section}.endpoint`, { fallback: `https://s3.${region}.amazonaws.com` });
  const prefix = reader.text(`${section}.prefix`, {});
  const file = reader.path(`${section}.credentials-file`, {});
  const keyOf = (name: string, environment: string): string | undefined =>
    reader.text(`${section}.${name}`, { environment, mask: () => '***' });
  const sessionToken = keyOf('session-token', keyVariables.session);
  const accessKeyId = keyOf('access-key', keyVariables.id);
  const secretAccessKey = keyOf('secret-key', keyVariables.secret);
  const place = { endpoint, bucket, region, ...(prefix === undefined ? {} : { prefix }) };
  // A key and its secret belong together: both come from one place.
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { ...place, accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  }
  if (file !== undefined) return { ...place, ...readBucketKeys(file) };
  throw usageError(
    `${section} lie in a bucket, and ${accessKeyId === undefined ? keyVariables.id : keyVariables.secret} is not set`,
    remedies[section],
  );
}

const needed = `Set ${keyVariables.id} and ${keyVariables.secret} in the environment of the`;
const remedies = {
  blobs: `${needed} server to a key that may get, put and delete objects of that bucket.`,
  archives: `${needed} agent to a key that may list, get, put and delete objects of that bucket, or name a \`credentials-file\`.`,
};
