import { WaterflowFailure } from '../../schemas/index.ts';
import { readSecretText } from './config-file.ts';

/** The keys of a bucket. */
export interface BucketKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * The keys in a file as Amazon's own programs have it (`~/.aws/credentials`): those of its section `[default]`, or those before any section.
 * Nobody but its owner and group may read it. INVALID_INPUT, FILE_NOT_READABLE.
 */
export function readBucketKeys(file: string): BucketKeys {
  const values = new Map<string, string>();
  let section = 'default';
  for (const line of readSecretText(file).split(/\r?\n/u)) {
    section = /^\s*\[\s*([^\]]*?)\s*\]/u.exec(line)?.[1] ?? section;
    const [, name, value] = /^\s*(aws_[a-z_]+)\s*=\s*(\S+)\s*$/u.exec(line) ?? [];
    if (section === 'default' && name !== undefined && value !== undefined) values.set(name, value);
  }
  const accessKeyId = values.get('aws_access_key_id');
  const secretAccessKey = values.get('aws_secret_access_key');
  const sessionToken = values.get('aws_session_token');
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new WaterflowFailure({
      code: 'INVALID_INPUT',
      message: `${file} has no ${accessKeyId === undefined ? 'aws_access_key_id' : 'aws_secret_access_key'} in its section [default]`,
      remedy: 'Write `[default]`, and below it `aws_access_key_id = …` and `aws_secret_access_key = …`.',
      file,
    });
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
