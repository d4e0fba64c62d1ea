import type { ServerConfig } from '../../server/config.ts';
import { usageError } from '../command.ts';
import type { SettingReader } from './setting-reader.ts';

const defaultRegion = 'us-east-1';
/** As Amazon's own programs call them. */
const keyVariables = { id: 'AWS_ACCESS_KEY_ID', secret: 'AWS_SECRET_ACCESS_KEY', session: 'AWS_SESSION_TOKEN' };

/** The bucket for blobs, its keys from the environment alone; undefined where none is configured. USAGE where a key is missing. */
export function readBlobs(reader: SettingReader): ServerConfig['blobs'] {
  if (!reader.has('blobs')) return undefined;
  // The schema wants a bucket, and knows the forms.
  const bucket = reader.text('blobs.bucket', { fallback: '' });
  const region = reader.text('blobs.region', { fallback: defaultRegion });
  const endpoint = reader.text('blobs.endpoint', { fallback: `https://s3.${region}.amazonaws.com` });
  const prefix = reader.text('blobs.prefix', {});
  const sessionToken = reader.text('blobs.session-token', { environment: keyVariables.session, mask });
  return {
    endpoint,
    bucket,
    region,
    ...(prefix === undefined ? {} : { prefix }),
    accessKeyId: readKey(reader, { key: 'blobs.access-key', environment: keyVariables.id }),
    secretAccessKey: readKey(reader, { key: 'blobs.secret-key', environment: keyVariables.secret }),
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

function readKey(
  reader: SettingReader,
  { key, environment }: { readonly key: string; readonly environment: string },
): string {
  const found = reader.text(key, { environment, mask });
  if (found !== undefined) return found;
  throw usageError(
    `blobs lie in a bucket, and ${environment} is not set`,
    `Set ${keyVariables.id} and ${keyVariables.secret} in the server's environment to a key that may get, put and delete objects of that bucket.`,
  );
}

function mask(): string {
  return '***';
}
