import type { ServerConfig } from '../../server/config.ts';
import { readBucket } from './bucket-config.ts';
import type { SettingReader } from './setting-reader.ts';

/** The bucket for blobs, its keys from the environment alone; undefined where none is configured. USAGE where a key is missing. */
export function readBlobs(reader: SettingReader): ServerConfig['blobs'] {
  return readBucket(reader, 'blobs');
}
