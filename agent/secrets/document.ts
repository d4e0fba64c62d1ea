import { dirname, isAbsolute, resolve } from 'node:path';
import { didYouMean } from '../../dsl/did-you-mean.ts';
import { readSchemaDocument, type SchemaDocument } from '../../runtime/documents/schema-document.ts';
import type { DocumentPath, Problem } from '../../runtime/documents/yaml-document.ts';
import type {
  SecretEntry,
  SecretProviderEntry,
  SecretsFile,
  VaultProviderEntry,
} from '../../schemas/generated/secrets.ts';
import { type AbsolutePath, parseDuration, type WaterflowError } from '../../schemas/index.ts';
import schema from '../../schemas/secrets.schema.json' with { type: 'json' };

/** A file that says where an agent has its secrets from, checked. */
export interface SecretsDocument {
  readonly file: string;
  readonly cacheMs: number;
  readonly providers: ReadonlyMap<string, ProviderSettings>;
  /** By name. */
  readonly secrets: ReadonlyMap<string, SecretSettings>;
}

/** One secret: where it stands, and whose runs have it. */
export interface SecretSettings {
  readonly provider: string;
  readonly path: string;
  readonly field?: string;
  readonly version?: number;
  /** Absent: everybody's. */
  readonly tenants?: readonly string[];
}

/** A provider, as it is made. */
export type ProviderSettings =
  | { readonly kind: 'environment'; readonly prefix: string }
  | { readonly kind: 'files'; readonly folder: AbsolutePath }
  | VaultSettings
  | CommandSettings;

/** A KV store of Vault. */
export interface VaultSettings {
  readonly kind: 'vault';
  /** Without a slash at its end. */
  readonly address: string;
  readonly namespace?: string;
  readonly mount: string;
  readonly tls?: {
    readonly ca?: AbsolutePath;
    readonly client?: { readonly cert: AbsolutePath; readonly key: AbsolutePath };
    readonly serverName?: string;
  };
  readonly auth: VaultAuth;
  readonly timeoutMs: number;
  readonly attempts: number;
}

/** How an agent logs in to Vault. */
export type VaultAuth =
  | { readonly kind: 'token file'; readonly file: AbsolutePath }
  | { readonly kind: 'token variable'; readonly variable: string }
  | {
      readonly kind: 'approle';
      readonly roleId: string;
      readonly secretIdFile: AbsolutePath;
      readonly mount: string;
    };

/** A program that prints a secret. */
export interface CommandSettings {
  readonly kind: 'command';
  /** The first one is an absolute path. */
  readonly command: readonly [string, ...string[]];
  readonly output: 'raw' | 'json';
  readonly environment: readonly string[];
  readonly timeoutMs: number;
}

const defaults = { cache: '1m', vaultTimeout: '5s', vaultAttempts: 4, commandTimeout: '10s' } as const;
const mostCacheMs = 60 * 60 * 1000;
/** A step waits for it. */
const mostTimeoutMs = 5 * 60 * 1000;

/** Reads such a file: all that is wrong with it at once, each with its place. Paths in it begin at its folder. */
export function readSecretsDocument(
  text: string,
  file: string,
): { readonly document: SecretsDocument } | { readonly errors: readonly WaterflowError[] } {
  const read = readSchemaDocument<SecretsFile>(text, file, { code: 'INVALID_INPUT', schema, check });
  if ('errors' in read) return read;
  const { content } = read;
  const folder = dirname(resolve(file));
  return {
    document: {
      file,
      cacheMs: durationOf(content.cache, defaults.cache),
      providers: new Map(Object.entries(content.providers).map(([name, entry]) => [name, settingsOf(entry, folder)])),
      secrets: new Map(Object.entries(content.secrets).map(([name, entry]) => [name, secretOf(name, entry)])),
    },
  };
}

function secretOf(name: string, { provider, path = name, field, version, tenants }: SecretEntry): SecretSettings {
  return {
    provider,
    path,
    ...(field === undefined ? {} : { field }),
    ...(version === undefined ? {} : { version }),
    ...(tenants === undefined ? {} : { tenants }),
  };
}

/** check() has passed: one of the kinds is there. */
function settingsOf({ environment, files, vault, command }: SecretProviderEntry, folder: string): ProviderSettings {
  // resolve() gives an absolute path.
  const path = (text: string): AbsolutePath => resolve(folder, text) as AbsolutePath;
  if (files !== undefined) return { kind: 'files', folder: path(files.folder) };
  if (vault !== undefined) return vaultSettings(vault, path);
  if (command === undefined) return { kind: 'environment', prefix: environment?.prefix ?? '' };
  const [program, ...args] = command.command;
  return {
    kind: 'command',
    command: [program, ...args],
    output: command.output ?? 'raw',
    environment: command.environment ?? [],
    timeoutMs: durationOf(command.timeout, defaults.commandTimeout),
  };
}

function vaultSettings(vault: VaultProviderEntry, path: (text: string) => AbsolutePath): VaultSettings {
  const { namespace, tls } = vault;
  const { ca, cert, key, 'server-name': serverName } = tls ?? {};
  return {
    kind: 'vault',
    address: vault.address.replace(/\/$/u, ''),
    ...(namespace === undefined ? {} : { namespace: namespace.replace(/\/$/u, '') }),
    mount: vault.mount ?? 'secret',
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(ca === undefined ? {} : { ca: path(ca) }),
            ...(cert === undefined || key === undefined ? {} : { client: { cert: path(cert), key: path(key) } }),
            ...(serverName === undefined ? {} : { serverName }),
          },
        }),
    auth: authOf(vault.auth, path),
    timeoutMs: durationOf(vault.timeout, defaults.vaultTimeout),
    attempts: vault.attempts ?? defaults.vaultAttempts,
  };
}

function authOf(auth: VaultProviderEntry['auth'], path: (text: string) => AbsolutePath): VaultAuth {
  const { approle, 'token-file': file, 'token-variable': variable = '' } = auth;
  if (approle !== undefined) {
    return {
      kind: 'approle',
      roleId: approle['role-id'],
      secretIdFile: path(approle['secret-id-file']),
      mount: approle.mount ?? 'approle',
    };
  }
  return file === undefined ? { kind: 'token variable', variable } : { kind: 'token file', file: path(file) };
}

/** check() has passed: it is one. */
function durationOf(text: string | undefined, fallback: string): number {
  return parseDuration(text ?? fallback) ?? 0;
}

/** What the schema can't say. */
function check({ document, content }: SchemaDocument<SecretsFile>): readonly WaterflowError[] {
  const errors: WaterflowError[] = [];
  const wrong = (path: DocumentPath, problem: Problem | undefined, part: 'key' | 'value' = 'value'): void => {
    if (problem !== undefined) errors.push(document.error({ path, part }, problem));
  };
  wrong(['cache'], durationProblem(content.cache, { least: 0, most: mostCacheMs, example: defaults.cache }));
  for (const [name, { vault, command }] of Object.entries(content.providers)) {
    const at = (...keys: DocumentPath): DocumentPath => ['providers', name, ...keys];
    if (vault !== undefined) {
      wrong(at('vault', 'address'), addressProblem(vault.address));
      wrong(at('vault', 'timeout'), durationProblem(vault.timeout, timeoutBounds(defaults.vaultTimeout)));
      wrong(at('vault', 'tls'), certificateProblem(vault.tls));
    }
    if (command !== undefined) {
      wrong(at('command', 'timeout'), durationProblem(command.timeout, timeoutBounds(defaults.commandTimeout)));
      wrong(at('command', 'command', 0), programProblem(command.command[0]));
      for (const [index, text] of command.command.entries()) wrong(at('command', 'command', index), holeProblem(text));
    }
  }
  const known = new Map<string, string>();
  for (const [name, entry] of Object.entries(content.secrets)) {
    const other = known.get(name.toLowerCase());
    known.set(name.toLowerCase(), name);
    wrong(['secrets', name], other === undefined ? undefined : sameName(name, other), 'key');
    for (const [key, problem] of entryProblems(entry, content.providers)) wrong(['secrets', name, key], problem);
  }
  return errors;
}

function* entryProblems(
  entry: SecretEntry,
  providers: SecretsFile['providers'],
): Generator<readonly [string, Problem]> {
  const { provider, path, field, version } = entry;
  const found = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  if (path?.split('/').some((segment) => /^\.{1,2}$/u.test(segment)) === true) {
    yield ['path', { message: '`.` and `..` are no parts of a path here', remedy: 'Write the path itself.' }];
  }
  if (found === undefined) {
    yield ['provider', unknownProvider(provider, Object.keys(providers))];
    return;
  }
  const hasFields = found.vault !== undefined || found.command?.output === 'json';
  if (hasFields && field === undefined) {
    const message = `the provider \`${provider}\` has several fields at a path, and \`field\` doesn't say which`;
    yield ['provider', { message, remedy: 'Write `field: NAME`.' }];
  }
  if (!hasFields && field !== undefined) {
    yield ['field', { message: `the provider \`${provider}\` has no fields`, remedy: 'Remove `field`.' }];
  }
  if (found.vault === undefined && version !== undefined) {
    yield ['version', { message: `the provider \`${provider}\` has no versions`, remedy: 'Remove `version`.' }];
  }
}

function unknownProvider(name: string, known: readonly string[]): Problem {
  const near = didYouMean(name, known);
  return {
    message: `there is no provider \`${name}\``,
    remedy: near === undefined ? `Write one of ${known.join(', ')}.` : `Did you mean \`${near}\`?`,
  };
}

function sameName(name: string, other: string): Problem {
  return {
    message: `\`${name}\` is \`${other}\` in other letters, and names of secrets ignore case`,
    remedy: 'Use another name.',
  };
}

interface DurationBounds {
  readonly least: number;
  readonly most: number;
  readonly example: string;
}

function timeoutBounds(example: string): DurationBounds {
  return { least: 1, most: mostTimeoutMs, example };
}

function durationProblem(text: string | undefined, { least, most, example }: DurationBounds): Problem | undefined {
  if (text === undefined) return undefined;
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && milliseconds >= least && milliseconds <= most) return undefined;
  return {
    message: `\`${text}\` is no duration ${least === 0 ? '' : 'above zero, and '}of ${most / 60_000} minutes at most`,
    remedy: `Write one such as ${example}.`,
  };
}

/** A token in clear is anybody's on the way. */
function addressProblem(address: string): Problem | undefined {
  if (!URL.canParse(address)) return { message: `\`${address}\` is no address`, remedy: 'Write https://HOST:PORT.' };
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:' || /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u.test(hostname)) return undefined;
  return {
    message: `the token would go to \`${hostname}\` in clear`,
    remedy: 'Use https. http is for this machine alone.',
  };
}

function certificateProblem(tls: VaultProviderEntry['tls']): Problem | undefined {
  if ((tls?.cert === undefined) === (tls?.key === undefined)) return undefined;
  return {
    message: `\`tls\` has a ${tls?.cert === undefined ? 'key' : 'certificate'} alone`,
    remedy: 'Name both `cert` and `key`.',
  };
}

function programProblem(program: string): Problem | undefined {
  if (isAbsolute(program) && !program.includes('{')) return undefined;
  return {
    message: `\`${program}\` is no absolute path of a program`,
    remedy: 'Write it out, such as /usr/local/bin/get-secret.',
  };
}

/** Anything else in braces is a misspelling that would be handed over as it is. */
function holeProblem(text: string): Problem | undefined {
  const hole = /\{(?!path\}|name\})[a-z-]*\}/u.exec(text)?.[0];
  if (hole === undefined) return undefined;
  return { message: `\`${hole}\` stands for nothing`, remedy: 'Write `{path}` or `{name}`.' };
}
