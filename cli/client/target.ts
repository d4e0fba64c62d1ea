import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { didYouMean } from '../../dsl/did-you-mean.ts';
import clientSchema from '../../schemas/client-config.schema.json' with { type: 'json' };
import type { ClientConfigFile } from '../../schemas/generated/client-config.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { openKey, readConfigFile, readKeyFile } from '../composition/config-file.ts';
import type { Terminal } from '../terminal.ts';
import { configPath } from './config-path.ts';
import { checkedKey, keyedUrl, pathInFile } from './credentials.ts';
import type { TlsPaths } from './tls-fetch.ts';

/** What the command line says of the server that a command is for. */
export interface TargetFlags {
  readonly server?: string;
  readonly profile?: string;
  /** Of commands that work on the runs of this machine, too: `--state` means those. */
  readonly state?: string;
}

/** The server that a command is for. */
export interface ServerTarget {
  /** Ends with a slash: paths of the API are relative to it. */
  readonly url: URL;
  readonly apiKey?: string;
  readonly tenant?: string;
  /** Certificates of one's own. */
  readonly tls?: TlsPaths;
  /** How it was named on this command line, for commands that are shown to be copied. */
  readonly words: readonly string[];
}

type Surroundings = Pick<Terminal, 'cwd' | 'env'>;
type Profile = NonNullable<ClientConfigFile['profiles']>[string];

/**
 * The server that the flags name, else the environment (WATERFLOW_SERVER_URL), else the user's default profile; undefined where nothing
 * does, or `--state` means this machine. A profile's key goes to that profile's server only, and WATERFLOW_API_KEY is sent where no
 * profile has a key. Throws WaterflowFailure with what is wrong.
 */
export function findServer(terminal: Surroundings, flags: TargetFlags): ServerTarget | undefined {
  const { server, profile, state } = flags;
  if (server !== undefined && profile !== undefined) {
    throw usageError('--server and --profile name two servers', 'Give one of them.');
  }
  if (state !== undefined) {
    if (server === undefined && profile === undefined) return undefined;
    throw usageError('--state means the runs of this machine, and a server has its own', 'Leave one of them out.');
  }
  if (server !== undefined) return ofUrl(terminal, server, { from: '--server', words: ['--server', server] });
  if (profile !== undefined) return ofProfile(terminal, profile, ['--profile', profile]);
  const fromEnvironment = terminal.env['WATERFLOW_SERVER_URL'];
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    return ofUrl(terminal, fromEnvironment, { from: 'WATERFLOW_SERVER_URL', words: [] });
  }
  const byDefault = readProfiles(terminal)?.content['default-profile'];
  return byDefault === undefined ? undefined : ofProfile(terminal, byDefault, []);
}

/** The same of commands that are for servers alone: USAGE where nothing names one. */
export function requireServer(terminal: Surroundings, flags: TargetFlags): ServerTarget {
  const found = findServer(terminal, flags);
  if (found !== undefined) return found;
  throw usageError(
    'no server is named',
    `Give --server URL or --profile NAME, set WATERFLOW_SERVER_URL, or write \`default-profile\` into ${configPath(terminal)}. \`waterflow server\` starts one.`,
  );
}

function ofUrl(
  terminal: Surroundings,
  text: string,
  { from, words }: { readonly from: string; readonly words: readonly string[] },
): ServerTarget {
  const url = serverUrl(text, from);
  const apiKey = keyIn(terminal.env, 'WATERFLOW_API_KEY');
  return { url, words, ...(apiKey === undefined ? {} : { apiKey }), ...tlsIn(terminal) };
}

function ofProfile(terminal: Surroundings, name: string, words: readonly string[]): ServerTarget {
  const file = readProfiles(terminal);
  const profiles = file?.content.profiles ?? {};
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (file === undefined || profile === undefined) throw unknownProfile(terminal, name, Object.keys(profiles));
  const url = serverUrl(profile.url, `\`url\` of the profile ${name}`);
  const apiKey = keyOf(terminal, { profile, name, file });
  const { tenant } = profile;
  return {
    url,
    words,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(profile.tls === undefined ? tlsIn(terminal) : { tls: pathsIn(profile.tls, file.path) }),
  };
}

/** Those of the environment: WATERFLOW_SERVER_TLS_CA, _CERT and _KEY. */
function tlsIn({ env, cwd }: Surroundings): Pick<ServerTarget, 'tls'> {
  const {
    WATERFLOW_SERVER_TLS_CA: ca = '',
    WATERFLOW_SERVER_TLS_CERT: cert = '',
    WATERFLOW_SERVER_TLS_KEY: key = '',
  } = env;
  if ((cert === '') !== (key === '')) {
    throw usageError(
      `WATERFLOW_SERVER_TLS_${cert === '' ? 'KEY' : 'CERT'} stands alone`,
      'A certificate and its key go together: set WATERFLOW_SERVER_TLS_CERT and WATERFLOW_SERVER_TLS_KEY.',
    );
  }
  const given = Object.entries({ ca, cert, key }).filter(([, path]) => path !== '');
  if (given.length === 0) return {};
  return { tls: Object.fromEntries(given.map(([name, path]) => [name, resolve(cwd, path)])) };
}

function pathsIn(paths: TlsPaths, file: string): TlsPaths {
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, pathInFile(String(path), file)]));
}

function keyOf(
  { env }: Surroundings,
  { profile, name, file }: { readonly profile: Profile; readonly name: string; readonly file: ProfileFile },
): string | undefined {
  const { 'api-key': key, 'api-key-file': keyFile, 'api-key-env': variable } = profile;
  const given = [key, keyFile, variable].filter((one) => one !== undefined);
  if (given.length > 1) {
    throw usageError(`the profile ${name} says in several ways which key it has`, 'Keep `api-key-file`.');
  }
  if (key !== undefined) return key;
  if (keyFile !== undefined) return readKeyFile(pathInFile(keyFile, file.path), { mostReaders: 'owner' });
  if (variable === undefined) return keyIn(env, 'WATERFLOW_API_KEY');
  const found = keyIn(env, variable);
  if (found !== undefined) return found;
  throw new WaterflowFailure({
    code: 'UNAUTHENTICATED',
    message: `the environment variable ${variable}, which holds the key of the profile ${name}, is not set`,
    remedy: `Set ${variable} in the environment.`,
  });
}

interface ProfileFile {
  readonly path: string;
  readonly content: ClientConfigFile;
}

function readProfiles(terminal: Surroundings): ProfileFile | undefined {
  const path = configPath(terminal);
  if (!existsSync(path)) return undefined;
  const { content, readers } = readConfigFile<ClientConfigFile>(path, clientSchema);
  const holdsKey = Object.values(content.profiles ?? {}).some((profile) => profile['api-key'] !== undefined);
  if (holdsKey && readers !== 'owner') throw openKey(path, 'owner');
  return { path, content };
}

function serverUrl(text: string, from: string): URL {
  const url = keyedUrl(text, {
    from,
    example: 'Write it as https://waterflow.example.com.',
    keyPlace: 'Give the API key in WATERFLOW_API_KEY or a profile.',
    exposed: 'the key and the secrets',
    port: 8080,
  });
  url.search = '';
  return url;
}

function keyIn(env: Terminal['env'], name: string): string | undefined {
  const key = env[name]?.trim();
  return key === undefined || key === '' ? undefined : checkedKey(key, name);
}

function unknownProfile(terminal: Surroundings, name: string, known: readonly string[]): WaterflowFailure {
  const guess = didYouMean(name, known);
  const list = known.length === 0 ? 'It has none.' : `It has: ${known.join(', ')}.`;
  const hint = guess === undefined ? '' : `Did you mean ${guess}? `;
  return usageError(`there is no profile ${JSON.stringify(name)} in ${configPath(terminal)}`, `${hint}${list}`);
}
