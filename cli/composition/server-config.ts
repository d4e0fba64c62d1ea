import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { AbsolutePath, Json } from '../../schemas/index.ts';
import serverSchema from '../../schemas/server-config.schema.json' with { type: 'json' };
import type { JwtConfig, ServerConfig, ServerLimits } from '../../server/config.ts';
import { usageError } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { openSettingsFile, readKeyFile } from './config-file.ts';
import { mayBeThere } from './may-be-there.ts';
import { pluginFolder } from './plugins.ts';
import { policyFileOf } from './policy.ts';
import { readBlobs } from './server-blobs-config.ts';
import { checkServerFiles } from './server-files.ts';
import {
  collectSettings,
  type EffectiveSetting,
  type OpenedFile,
  type SettingReader,
  valueAt,
} from './setting-reader.ts';
import { stateFolder } from './state.ts';
import { readServerTemporal, type ServerTemporalSettings } from './temporal-config.ts';

/** Where a machine's own server is configured. */
const systemFile = '/etc/waterflow/server.yaml';

/** What the command line says of a server. */
export interface ServerFlags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly state?: string;
  readonly policy?: string;
}

/** A server's configuration, and how it came about. */
export interface ServerSettings {
  readonly config: ServerConfig;
  /** The policy of its agent; absent: that of `waterflow run`. */
  readonly policy?: AbsolutePath;
  /** Where its agent has secrets from beside those of runs. */
  readonly secretsFile?: AbsolutePath;
  /** Where runs go on. Absent: in the embedded engine. */
  readonly temporal?: ServerTemporalSettings;
  readonly effective: readonly EffectiveSetting[];
  /** The configuration file that was read. */
  readonly file?: string;
}

/**
 * The command line, then the environment, then the file, then defaults. Throws all that is wrong at once: USAGE, INVALID_INPUT with its
 * place in the file, FILE_NOT_READABLE. `files`: whether those that settings name are read, too, as a server does that starts. `only`: what
 * concerns its records; what systemd tells the service alone, as where Temporal's keys are, may be missing then.
 */
export function readServerSettings(
  terminal: Pick<Terminal, 'env' | 'cwd'>,
  flags: ServerFlags,
  { files, only }: { readonly files?: 'checked'; readonly only?: 'records' } = {},
): ServerSettings {
  const { env, cwd } = terminal;
  const file = flags.config === undefined ? existingFile() : resolve(cwd, flags.config);
  const sources = { flags: { host: flags.host, port: flags.port, state: flags.state, policy: flags.policy }, env, cwd };
  const { settings, effective } = collectSettings(
    sources,
    () => (file === undefined ? undefined : openConfigFile(file)),
    (reader) => {
      const config = readConfig(reader, terminal);
      const policy = reader.path('policy', { flag: 'policy', environment: 'WATERFLOW_POLICY' });
      const secretsFile = reader.path('secrets-file', { environment: 'WATERFLOW_SECRETS_FILE' });
      const temporal = only === 'records' ? undefined : reader.attempt(() => readServerTemporal(reader));
      const named = {
        config,
        ...(temporal === undefined ? {} : { temporal }),
        ...(policy === undefined ? {} : { policy }),
        ...(secretsFile === undefined ? {} : { secretsFile }),
      };
      showPlaces(reader, terminal, named);
      if (files === 'checked') checkServerFiles(reader, terminal, named);
      return named;
    },
  );
  return { ...settings, effective, ...(file === undefined ? {} : { file }) };
}

/** The policy and the plugins that hold where nobody names any; on Temporal those of its agents do. */
function showPlaces(
  reader: SettingReader,
  terminal: Pick<Terminal, 'env' | 'cwd'>,
  { temporal }: Pick<ServerSettings, 'temporal'>,
): void {
  if (temporal === undefined) reader.showDefault('policy', policyFileOf(terminal, undefined));
  reader.path('plugin-dir', { environment: 'PLUGIN_DIR', fallback: pluginFolder(terminal) });
}

function openConfigFile(file: string): OpenedFile {
  return openSettingsFile(
    file,
    serverSchema,
    (value) => valueAt(value, ['temporal', 'api-key']) !== undefined || hasPassword(valueAt(value, ['database-url'])),
  );
}

/** Those of a server for this machine's developer: nothing but what the command line says, and no key. */
export function developmentSettings(
  terminal: Pick<Terminal, 'env' | 'cwd'>,
  flags: Pick<ServerFlags, 'port' | 'state'>,
): ServerSettings {
  const { XDG_STATE_HOME } = terminal.env;
  const env = XDG_STATE_HOME === undefined ? {} : { XDG_STATE_HOME };
  const sources = { flags: { ...flags, host: '127.0.0.1' }, env, cwd: terminal.cwd };
  const noFile = (): undefined => undefined;
  const { settings, effective } = collectSettings(sources, noFile, (reader) => readConfig(reader, sources));
  return { config: { ...settings, logLevel: 'error' }, effective };
}

function existingFile(): string | undefined {
  return mayBeThere(systemFile) ? systemFile : undefined;
}

function readConfig(reader: SettingReader, terminal: Pick<Terminal, 'env' | 'cwd'>): ServerConfig {
  const host = reader.text('host', { flag: 'host', environment: 'HOST', fallback: '127.0.0.1' });
  const port = reader.integer('port', { flag: 'port', environment: 'PORT', fallback: 8080, least: 0, most: 65_535 });
  const state = reader.path('state', { flag: 'state', fallback: stateFolder(terminal, undefined) });
  const apiKey = reader.attempt(() => readApiKey(reader));
  const databaseUrl = reader.attempt(() => readDatabaseUrl(reader));
  const blobs = reader.attempt(() => readBlobs(reader));
  const jwt = readJwt(reader);
  const tls = readTls(reader);
  const publicUrl = reader.text('public-url', {});
  return {
    host,
    port,
    state,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(jwt === undefined ? {} : { jwt }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(blobs === undefined ? {} : { blobs }),
    ...(tls === undefined ? {} : { tls }),
    ...(publicUrl === undefined ? {} : { publicUrl: publicUrl.replace(/\/+$/u, '') }),
    trustedProxies: reader.attempt(() => readProxies(reader)) ?? [],
    corsOrigins: reader.list('cors-origins'),
    limits: readLimits(reader),
    activeRuns: reader.integer('active-runs', { fallback: 100, least: 1, most: 10_000 }),
    keepRunsMs: reader.duration('keep-runs', { fallback: '30d' }),
    keepCallsMs: reader.duration('keep-calls', { fallback: '90d' }),
    logLevel: readLogLevel(reader),
  };
}

const apiKeyForm = { environment: 'API_KEY', mask: maskAll };

function readApiKey(reader: SettingReader): string | undefined {
  const key = reader.text('api-key', apiKeyForm);
  const file = reader.path('api-key-file', { environment: 'API_KEY_FILE' });
  if (key === undefined) return file === undefined ? undefined : readKeyFile(file, { mostReaders: 'group' });
  if (/^[\u0021-\u007e]+$/u.test(key)) return key;
  throw reader.refusal('api-key', apiKeyForm, {
    message: 'holds blanks or characters that are not ASCII, which no request header can carry',
    remedy: 'Make a key of letters and digits, for example by `openssl rand -hex 32`.',
  });
}

/** With the password of its file in it, where that is named. */
function readDatabaseUrl(reader: SettingReader): string | undefined {
  const form = { environment: 'DATABASE_URL', mask: maskPassword };
  const fileForm = { environment: 'DATABASE_PASSWORD_FILE' };
  const url = reader.text('database-url', form);
  const file = reader.path('database-password-file', fileForm);
  if (url !== undefined && !(/^postgres(?:ql)?:\/\//u.test(url) && URL.canParse(url))) {
    throw reader.refusal('database-url', form, {
      message: 'is no URL of a PostgreSQL database',
      remedy: 'Write postgresql://user:password@host:5432/database, or leave it out for SQLite.',
    });
  }
  if (file === undefined) return url;
  if (url === undefined) {
    throw usageError(
      '`database-password-file` is the password of no database',
      'Name it by `database-url` (DATABASE_URL).',
    );
  }
  if (hasPassword(url)) {
    throw reader.refusal('database-password-file', fileForm, {
      message: 'is a second password beside that of the URL',
      remedy: 'Leave one of them out.',
    });
  }
  const complete = new URL(url);
  // As a parameter: a URL without a host, of a socket, takes no other.
  complete.searchParams.set('password', readKeyFile(file, { mostReaders: 'group' }));
  return complete.href;
}

function readJwt(reader: SettingReader): JwtConfig | undefined {
  if (!reader.has('jwt')) return undefined;
  const file = reader.path('jwt.jwks-file');
  // The schema wants a file or a URL, an issuer and an audience.
  const fromUrl = (): JwtConfig['jwks'] => ({
    url: reader.text('jwt.jwks-url', { fallback: '' }),
    allowPrivate: reader.isSet('jwt.jwks-allow-private'),
  });
  return {
    jwks: file === undefined ? fromUrl() : { file },
    issuer: reader.text('jwt.issuer', { fallback: '' }),
    audience: reader.text('jwt.audience', { fallback: '' }),
    clockSkewSeconds: reader.duration('jwt.clock-skew', { fallback: '30s' }) / 1000,
    tenantClaim: reader.text('jwt.tenant-claim', { fallback: 'tenant' }),
    roleClaim: reader.text('jwt.role-claim', { fallback: 'role' }),
    allowAllTenants: reader.isSet('jwt.allow-all-tenants'),
  };
}

function readTls(reader: SettingReader): ServerConfig['tls'] {
  const cert = reader.path('tls.cert');
  const key = reader.path('tls.key');
  const clientCa = reader.path('tls.client-ca');
  return cert === undefined || key === undefined
    ? undefined
    : { cert, key, ...(clientCa === undefined ? {} : { clientCa }) };
}

function readProxies(reader: SettingReader): readonly string[] {
  const proxies = reader.list('trusted-proxies');
  const wrong = proxies.find((proxy) => !isNetwork(proxy));
  if (wrong === undefined) return proxies;
  throw reader.refusal(
    'trusted-proxies',
    {},
    {
      message: `holds ${JSON.stringify(wrong)}, which is no IP address or network`,
      remedy: 'Write the addresses from which proxies connect, such as 10.0.0.5 or 10.0.0.0/24.',
    },
  );
}

/** An address, or a network as `10.0.0.0/24`. */
function isNetwork(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/');
  const family = isIP(address);
  if (length === undefined) return family !== 0;
  const isLength = rest.length === 0 && /^\d{1,3}$/u.test(length) && Number(length) <= (family === 6 ? 128 : 32);
  return family !== 0 && isLength;
}

function readLimits(reader: SettingReader): ServerLimits {
  const most = 1_000_000;
  return {
    bodyBytes: reader.size('limits.body', { fallback: '4MiB' }),
    requestsPerMinute: reader.integer('limits.requests-per-minute', { fallback: 12_000, least: 0, most }),
    failuresPerMinute: reader.integer('limits.failures-per-minute', { fallback: 30, least: 0, most }),
    headersTimeoutMs: reader.duration('limits.headers-timeout', { fallback: '10s' }),
    requestTimeoutMs: reader.duration('limits.request-timeout', { fallback: '60s' }),
    shutdownGraceMs: reader.duration('limits.shutdown-grace', { fallback: '10s' }),
    streams: reader.integer('limits.streams', { fallback: 1000, least: 1, most }),
    requests: reader.integer('limits.requests', { fallback: 256, least: 1, most }),
    queuedRequests: reader.integer('limits.queued-requests', { fallback: 2048, least: 0, most }),
    queueTimeoutMs: reader.duration('limits.queue-timeout', { fallback: '10s' }),
    queuedRuns: reader.integer('limits.queued-runs', { fallback: 10_000, least: 1, most }),
  };
}

function readLogLevel(reader: SettingReader): ServerConfig['logLevel'] {
  const level = reader.text('log-level', { fallback: 'info' });
  // The schema knows these alone.
  return level as ServerConfig['logLevel'];
}

function hasPassword(url: Json | undefined): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { password, searchParams } = new URL(url);
  return password !== '' || searchParams.has('password');
}

function maskAll(): string {
  return '***';
}

function maskPassword(url: string): string {
  if (!URL.canParse(url)) return '***';
  const parsed = new URL(url);
  if (parsed.password !== '') parsed.password = '***';
  // A password may stand there, too.
  for (const name of parsed.searchParams.keys()) if (/pass/iu.test(name)) parsed.searchParams.set(name, '***');
  return parsed.href;
}
