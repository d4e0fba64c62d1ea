import type { S3Settings } from '../../storage/blobs/index.ts';
import { usageError } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { readBucketKeys } from './bucket-keys.ts';
import { collectSettings, type SettingReader } from './setting-reader.ts';

/** A bucket, with its keys. */
export type BucketSettings = Omit<S3Settings, 'spool'>;

const defaultRegion = 'us-east-1';
/** As Amazon's own programs call them. */
const keyVariables = { id: 'AWS_ACCESS_KEY_ID', secret: 'AWS_SECRET_ACCESS_KEY', session: 'AWS_SESSION_TOKEN' };

type Section = 'blobs' | 'archives';
type PlaceKey = 'bucket' | 'region' | 'endpoint' | 'prefix' | 'credentials-file';

/** Those of archives can be said without a file: `waterflow run` has none. */
function variableOf(section: Section, key: PlaceKey): { readonly environment?: string } {
  if (section === 'blobs') return {};
  return { environment: `WATERFLOW_ARCHIVES_${key.toUpperCase().replace('-', '_')}` };
}

/** What the schema of a configuration file says of the same settings: what the environment says is held to it, too. */
const forms = {
  bucket: { form: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u, is: "a bucket's name", as: 'ci-cache' },
  region: { form: /^[a-z0-9-]+$/u, is: 'a region', as: defaultRegion },
  endpoint: {
    form: /^https?:\/\/[^/@?#]+\/?$/u,
    is: "the address of a bucket's server",
    as: 'https://minio.example.com',
  },
  prefix: { form: /^([A-Za-z0-9_][A-Za-z0-9._-]*\/)*$/u, is: 'a prefix', as: 'waterflow/archives/' },
};

/** The bucket for archives that the environment names, for a command that reads no configuration file; undefined where it names none. */
export function readArchives({ env, cwd }: Pick<Terminal, 'env' | 'cwd'>): BucketSettings | undefined {
  const none = (): undefined => undefined;
  return collectSettings({ flags: {}, env, cwd }, none, (reader) => readBucket(reader, 'archives')).settings;
}

/**
 * The bucket of one section of a configuration file, its keys from the environment or from the file that `credentials-file` names, never from
 * the configuration itself, the environment first; undefined where the section isn't there. USAGE where a key is missing.
 */
export function readBucket(reader: SettingReader, section: Section): BucketSettings | undefined {
  const bucket = readPlace(reader, section, 'bucket');
  if (bucket === undefined) return undefined;
  const region = readPlace(reader, section, 'region', defaultRegion) ?? defaultRegion;
  const ownEndpoint = `https://s3.${region}.amazonaws.com`;
  const endpoint = readPlace(reader, section, 'endpoint', ownEndpoint) ?? ownEndpoint;
  const prefix = readPlace(reader, section, 'prefix');
  const file = reader.path(`${section}.credentials-file`, variableOf(section, 'credentials-file'));
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

function readPlace(
  reader: SettingReader,
  section: Section,
  key: keyof typeof forms,
  fallback?: string,
): string | undefined {
  const where = { ...variableOf(section, key), ...(fallback === undefined ? {} : { fallback }) };
  const text = reader.text(`${section}.${key}`, where);
  const { form, is, as } = forms[key];
  if (text === undefined || form.test(text)) return text;
  throw reader.refusal(`${section}.${key}`, where, {
    message: `is not ${is}: ${JSON.stringify(text)}`,
    remedy: `Write one such as ${as}.`,
  });
}

const needed = `Set ${keyVariables.id} and ${keyVariables.secret} in the environment of the`;
const remedies = {
  blobs: `${needed} server to a key that may get, put and delete objects of that bucket.`,
  archives: `${needed} agent to a key that may list, get, put and delete objects of that bucket, or name a \`credentials-file\`.`,
};
