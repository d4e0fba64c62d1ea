import { accessSync, constants, readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { WaterflowFailure } from '../../schemas/index.ts';
import { readKeySet } from '../../server/auth/jwt/key-set.ts';
import type { ServerConfig } from '../../server/config.ts';
import type { Terminal } from '../terminal.ts';
import { checkPolicy } from './policy.ts';
import { readSecrets } from './secrets.ts';
import { listenFailure } from './server-failures.ts';
import type { TemporalSettings } from './temporal-settings.ts';
import type { SettingReader } from './setting-reader.ts';

/** What the settings of a server lead to. */
interface NamedFiles {
  readonly config: ServerConfig;
  readonly policy?: string;
  readonly secretsFile?: string;
  /** Where it is there, the policies and the secrets of agents hold. */
  readonly temporal?: TemporalSettings;
}

/** Reads the files that the settings of a server name, as it does itself: what is wrong with them is a problem of its settings. */
export function checkServerFiles(
  reader: SettingReader,
  terminal: Pick<Terminal, 'env' | 'cwd'>,
  { config, policy, secretsFile, temporal }: NamedFiles,
): void {
  if (temporal === undefined) {
    reader.attempt(() => checkPolicy(terminal, policy));
    reader.attempt(() => readSecrets(terminal, secretsFile));
  }
  for (const [key, file] of temporal === undefined ? [] : filesOfTemporal(temporal)) {
    reader.attempt(() => requireReadable(key, file));
  }
  reader.attempt(() => checkCertificate(config));
  reader.attempt(() => checkKeySet(config));
}

function filesOfTemporal({
  tls = {},
  apiKeyFile,
  payloadKeysFile,
}: TemporalSettings): readonly (readonly [string, string])[] {
  const files = {
    'temporal.tls.ca': tls.ca,
    'temporal.tls.cert': tls.client?.cert,
    'temporal.tls.key': tls.client?.key,
    'temporal.api-key-file': apiKeyFile,
    'temporal.payload-keys-file': payloadKeysFile,
  };
  return Object.entries(files).flatMap(([key, file]) => (file === undefined ? [] : [[key, file] as const]));
}

function requireReadable(key: string, file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (cause) {
    // Node's errors of files have a code.
    const { code = 'unknown reason' } = cause as NodeJS.ErrnoException;
    const remedy = 'Check the path, and that the user of the server may read the file.';
    const message = `\`${key}\` is a file that can't be read: ${code}`;
    throw new WaterflowFailure({ code: 'FILE_NOT_READABLE', message, remedy, file }, { cause });
  }
}

function checkCertificate({ tls, ...config }: ServerConfig): void {
  if (tls === undefined) return;
  try {
    createSecureContext({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) });
  } catch (cause) {
    throw listenFailure({ ...config, tls }, cause);
  }
}

function checkKeySet({ jwt }: ServerConfig): void {
  if (jwt === undefined || !('file' in jwt.jwks)) return;
  const { file } = jwt.jwks;
  try {
    readKeySet(readFileSync(file, 'utf8'), file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const remedy = 'Write the JSON Web Key Set of your issuer there: { "keys": [ … ] } (RFC 7517).';
    const message = `\`jwt.jwks-file\` holds no keys: ${reason}`;
    throw new WaterflowFailure({ code: 'INVALID_INPUT', message, remedy, file }, { cause });
  }
}
