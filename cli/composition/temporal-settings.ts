import type { AbsolutePath } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import type { SettingReader } from './setting-reader.ts';

/** How Temporal is reached. Files are read anew whenever it is connected to. */
export interface TemporalSettings {
  /** `host:port`. */
  readonly host: string;
  readonly namespace: string;
  /** A namespace that isn't there is made, and keeps workflows that ended for so long. Absent: making it is for somebody else. */
  readonly createNamespaceMs?: number;
  /** Absent: a connection in clear. */
  readonly tls?: TlsSettings;
  readonly apiKey?: string;
  readonly apiKeyFile?: AbsolutePath;
  readonly payloadKeysFile?: AbsolutePath;
}

/** PEM files, and the name in Temporal's certificate. */
export interface TlsSettings {
  readonly ca?: AbsolutePath;
  readonly client?: { readonly cert: AbsolutePath; readonly key: AbsolutePath };
  readonly serverName?: string;
}

/** In the place of settings that are refused. */
export const nowhere: TemporalSettings = { host: '', namespace: '' };

/** Those of Temporal, as agents and servers have them. */
export function readTemporal(reader: SettingReader): TemporalSettings {
  const hostForm = { environment: 'TEMPORAL_HOST', fallback: 'localhost:7233' };
  const host = reader.text('temporal.host', hostForm);
  if (!/^[^\s/]+$/u.test(host)) {
    throw reader.refusal('temporal.host', hostForm, {
      message: `is no address: ${JSON.stringify(host)}`,
      remedy: 'Write host:port, such as temporal.example.com:7233.',
    });
  }
  const namespace = reader.text('temporal.namespace', { environment: 'TEMPORAL_NAMESPACE', fallback: 'default' });
  const tls = readTls(reader);
  const apiKey = reader.text('temporal.api-key', { environment: 'TEMPORAL_API_KEY', mask: () => '***' });
  const apiKeyFile = reader.path('temporal.api-key-file', { environment: 'TEMPORAL_API_KEY_FILE' });
  const payloadKeysFile = reader.path('temporal.payload-keys-file', { environment: 'WATERFLOW_PAYLOAD_KEYS_FILE' });
  return {
    host,
    namespace,
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(apiKeyFile === undefined ? {} : { apiKeyFile }),
    ...(payloadKeysFile === undefined ? {} : { payloadKeysFile }),
  };
}

function readTls(reader: SettingReader): TlsSettings | undefined {
  const pair = readCertificates(reader, {
    key: 'temporal.tls',
    environment: { ca: 'TEMPORAL_TLS_CA', cert: 'TEMPORAL_TLS_CERT', key: 'TEMPORAL_TLS_KEY' },
  });
  const serverName = reader.text('temporal.tls.server-name', { environment: 'TEMPORAL_TLS_SERVER_NAME' });
  if (pair === undefined && serverName === undefined) return undefined;
  return { ...pair, ...(serverName === undefined ? {} : { serverName }) };
}

/** Undefined where nothing is said of it, which an empty `tls: {}` isn't. */
export function readCertificates(
  reader: SettingReader,
  at: { readonly key: string; readonly environment: Readonly<Record<'ca' | 'cert' | 'key', string>> },
): Omit<TlsSettings, 'serverName'> | undefined {
  const [ca, cert, key] = (['ca', 'cert', 'key'] as const).map((name) =>
    reader.path(`${at.key}.${name}`, { environment: at.environment[name] }),
  );
  if ((cert === undefined) !== (key === undefined)) {
    throw usageError(
      `${at.key} has a ${cert === undefined ? 'key' : 'certificate'} alone`,
      `Name both \`${at.key}.cert\` and \`${at.key}.key\` (${at.environment.cert}, ${at.environment.key}).`,
    );
  }
  if (ca === undefined && cert === undefined && !reader.has(at.key)) return undefined;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { client: { cert, key } }),
  };
}
