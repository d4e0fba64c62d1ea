import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import schema from '../../schemas/agent-config.schema.json' with { type: 'json' };
import type { AbsolutePath } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { dockerHostPathVariable, jobsAtATime } from './agent.ts';
import { readQueues } from './agent-queues.ts';
import { type BucketSettings, readBucket } from './bucket-config.ts';
import { openSettingsFile, readKeyFile } from './config-file.ts';
import { mayBeThere } from './may-be-there.ts';
import { pluginFolder } from './plugins.ts';
import { checkPolicy, policyFileOf } from './policy.ts';
import { readSecrets } from './secrets.ts';
import {
  collectSettings,
  type EffectiveSetting,
  type OpenedFile,
  type SettingReader,
  valueAt,
} from './setting-reader.ts';
import { stateFolder } from './state.ts';
import {
  nowhere,
  readCertificates,
  readTemporal,
  type TemporalSettings,
  type TlsSettings,
} from './temporal-settings.ts';

/** Where a machine's own agent is configured. */
const systemFile = '/etc/waterflow/agent.yaml';

/** What the command line says of an agent. */
export interface AgentFlags {
  readonly config?: string;
  readonly name?: string;
  readonly taskQueues?: string;
  readonly state?: string;
  readonly policy?: string;
  readonly secretsFile?: string;
}

/** The server that an agent ships to. */
export interface ShippingSettings {
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: string;
  readonly tls?: Omit<TlsSettings, 'serverName'>;
}

/** An agent's configuration. */
export interface AgentConfig {
  readonly name: string;
  /** Jobs at a time, by queue. */
  readonly queues: Readonly<Record<string, number>>;
  readonly labels: readonly string[];
  readonly stateDir: AbsolutePath;
  readonly pluginDir?: AbsolutePath;
  readonly policy?: AbsolutePath;
  /** Where it has secrets from beside those of runs. */
  readonly secretsFile?: AbsolutePath;
  readonly queueKeysFile?: AbsolutePath;
  /** Where the Docker daemon sees `stateDir`; absent: at the same path. */
  readonly dockerHostPath?: AbsolutePath;
  readonly graceMs: number;
  /** How long a step that is being cancelled may take to end itself. */
  readonly cancelGraceMs: number;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  readonly temporal: TemporalSettings;
  readonly server?: ShippingSettings;
  readonly serverWaitMs: number;
  readonly spoolBytes: number;
  /** Where plugins' archives lie; absent: in the state folder. */
  readonly archives?: BucketSettings;
}

/** An agent's configuration, and how it came about. */
export interface AgentSettings {
  readonly config: AgentConfig;
  readonly effective: readonly EffectiveSetting[];
  /** The configuration file that was read. */
  readonly file?: string;
}

/**
 * The command line, then the environment, then the file, then defaults. Throws all that is wrong at once: USAGE, INVALID_INPUT with its
 * place in the file, FILE_NOT_READABLE. `files`: whether those that settings name are read, too, as an agent does that starts.
 */
export function readAgentSettings(
  terminal: Pick<Terminal, 'env' | 'cwd'>,
  flags: AgentFlags,
  { files }: { readonly files?: 'checked' } = {},
): AgentSettings {
  const { env, cwd } = terminal;
  const file = flags.config === undefined ? existingFile() : resolve(cwd, flags.config);
  const { settings: config, effective } = collectSettings(
    {
      flags: {
        name: flags.name,
        'task-queues': flags.taskQueues,
        state: flags.state,
        policy: flags.policy,
        'secrets-file': flags.secretsFile,
      },
      env,
      cwd,
    },
    () => (file === undefined ? undefined : openConfigFile(file)),
    (reader) => {
      const read = readConfig(reader, terminal);
      reader.showDefault('plugin-dir', pluginFolder(terminal));
      reader.showDefault('policy', policyFileOf(terminal, undefined));
      if (files === 'checked') {
        reader.attempt(() => checkPolicy(terminal, read.policy));
        reader.attempt(() => readSecrets(terminal, read.secretsFile));
      }
      return read;
    },
  );
  return { config, effective, ...(file === undefined ? {} : { file }) };
}

/** The state folder alone, for who asks an agent that is there: what else it needs is the agent's to know. */
export function readAgentState(
  terminal: Pick<Terminal, 'env' | 'cwd'>,
  flags: Pick<AgentFlags, 'config' | 'state'>,
): AbsolutePath {
  const { env, cwd } = terminal;
  const file = flags.config === undefined ? existingFile() : resolve(cwd, flags.config);
  const sources = { flags: { state: flags.state }, env, cwd };
  const openFile = (): OpenedFile | undefined => (file === undefined ? undefined : openConfigFile(file));
  return collectSettings(sources, openFile, (reader) => readStateDir(reader, terminal)).settings;
}

function readStateDir(reader: SettingReader, terminal: Pick<Terminal, 'env' | 'cwd'>): AbsolutePath {
  // The system's own place for the path is absolute.
  const fallback = join(stateFolder(terminal, undefined), 'agent') as AbsolutePath;
  return reader.path('state-dir', { flag: 'state', environment: 'WATERFLOW_STATE_DIR', fallback });
}

function openConfigFile(file: string): OpenedFile {
  const keys = [
    ['temporal', 'api-key'],
    ['server', 'key'],
  ];
  return openSettingsFile(file, schema, (value) => keys.some((key) => valueAt(value, key) !== undefined));
}

function existingFile(): string | undefined {
  return mayBeThere(systemFile) ? systemFile : undefined;
}

function readConfig(reader: SettingReader, terminal: Pick<Terminal, 'env' | 'cwd'>): AgentConfig {
  const name = reader.attempt(() => readName(reader)) ?? hostname();
  const slots = reader.integer('slots', { fallback: jobsAtATime(), least: 1, most: 1000 });
  const queues = reader.attempt(() => readQueues(reader, slots)) ?? {};
  const labels = reader.list('labels');
  const stateDir = readStateDir(reader, terminal);
  const pluginDir = reader.path('plugin-dir', { environment: 'PLUGIN_DIR' });
  const policy = reader.path('policy', { flag: 'policy', environment: 'WATERFLOW_POLICY' });
  const secretsFile = reader.path('secrets-file', { flag: 'secrets-file', environment: 'WATERFLOW_SECRETS_FILE' });
  const queueKeysFile = reader.path('queue-keys-file', { environment: 'WATERFLOW_QUEUE_KEYS_FILE' });
  const dockerHostPath = reader.path('docker.workspace-host-path', { environment: dockerHostPathVariable });
  const temporal = reader.attempt(() => readTemporal(reader)) ?? nowhere;
  const server = reader.attempt(() => readServer(reader));
  const archives = reader.attempt(() => readBucket(reader, 'archives'));
  return {
    name,
    queues,
    labels,
    stateDir,
    ...(pluginDir === undefined ? {} : { pluginDir }),
    ...(policy === undefined ? {} : { policy }),
    ...(secretsFile === undefined ? {} : { secretsFile }),
    ...(queueKeysFile === undefined ? {} : { queueKeysFile }),
    ...(dockerHostPath === undefined ? {} : { dockerHostPath }),
    graceMs: reader.duration('shutdown-grace', { fallback: '30s' }),
    cancelGraceMs: reader.duration('cancel-grace', { environment: 'WATERFLOW_CANCEL_GRACE', fallback: '10s' }),
    logLevel: reader.attempt(() => readLogLevel(reader)) ?? 'info',
    temporal,
    ...(server === undefined ? {} : { server }),
    serverWaitMs: reader.duration('server.wait', { fallback: '10s' }),
    spoolBytes: reader.size('server.spool', { fallback: '256MiB' }),
    ...(archives === undefined ? {} : { archives }),
  };
}

function readName(reader: SettingReader): string {
  const form = { flag: 'name', environment: 'WATERFLOW_AGENT_NAME', fallback: hostname() };
  const name = reader.text('name', form);
  if (/^[\w.-]{1,200}$/u.test(name)) return name;
  throw reader.refusal('name', form, {
    message: `is no name of an agent: ${JSON.stringify(name)}`,
    remedy: 'Write letters, digits, dots, dashes and underscores, up to 200.',
  });
}

function readServer(reader: SettingReader): ShippingSettings | undefined {
  const form = { environment: 'WATERFLOW_SERVER_URL' };
  const url = reader.text('server.url', form);
  const given = reader.text('server.key', { environment: 'WATERFLOW_AGENT_KEY', mask: () => '***' });
  const file = reader.path('server.key-file', { environment: 'WATERFLOW_AGENT_KEY_FILE' });
  const tls = readCertificates(reader, {
    key: 'server.tls',
    environment: {
      ca: 'WATERFLOW_SERVER_TLS_CA',
      cert: 'WATERFLOW_SERVER_TLS_CERT',
      key: 'WATERFLOW_SERVER_TLS_KEY',
    },
  });
  if (url === undefined) return undefined;
  if (!/^https?:\/\//u.test(url) || !URL.canParse(url)) {
    throw reader.refusal('server.url', form, {
      message: `is no URL of a server: ${JSON.stringify(url)}`,
      remedy: 'Write one such as https://waterflow.example.com.',
    });
  }
  const key = given ?? (file === undefined ? undefined : readKeyFile(file, { mostReaders: 'group' }));
  if (key === undefined) {
    throw usageError(
      'the agent has a server to ship to, and no key for it',
      'Make one by `waterflow keys new --role agent`, and give it as WATERFLOW_AGENT_KEY or `server.key-file`.',
    );
  }
  if (tls !== undefined && !url.startsWith('https:')) {
    throw reader.refusal('server.url', form, {
      message: 'is not of https, and has certificates',
      remedy: 'Write https://, or leave `server.tls` out.',
    });
  }
  return { url: url.replace(/\/+$/u, ''), key, ...(tls === undefined ? {} : { tls }) };
}

const logLevels = ['error', 'warn', 'info', 'debug'] as const;

function readLogLevel(reader: SettingReader): AgentConfig['logLevel'] {
  const text = reader.text('log-level', { environment: 'WATERFLOW_LOG_LEVEL', fallback: 'info' });
  const level = logLevels.find((one) => one === text);
  if (level !== undefined) return level;
  throw reader.refusal(
    'log-level',
    { environment: 'WATERFLOW_LOG_LEVEL' },
    { message: `is no level: ${JSON.stringify(text)}`, remedy: `Write one of ${logLevels.join(', ')}.` },
  );
}
