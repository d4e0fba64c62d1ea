import { isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';
import type { SecretsUse } from '../agreed-secrets.ts';
import {
  type EntryLimits,
  explainLimits,
  type LimitKinds,
  leastLimits,
  limitsSchema,
  parseLimits,
} from '../entry-limits.ts';
import { isSecretName, oneOrMoreTexts, parseSecretNames, secretPattern } from '../entry-parts.ts';
import { type ArgsItem, type ArgsRule, describeItem, parseArgsRule } from '../exec/args-grammar.ts';
import { argsRuleSchema } from '../exec/args-schema.ts';
import { isPlainAbsolutePath } from '../exec/rule.ts';
import { hasControlCharacter } from '../exec/value-types.ts';
import { quotePathAfter } from '../fs/glob.ts';
import type { EndpointPattern } from '../net/endpoint.ts';
import { hostSchema, parseHostEntry, portSchema } from '../net/endpoint-entry.ts';
import { markQuoted, readQuoted } from '../quoted.ts';
import { type HostPin, parseHostPins } from './host-key.ts';
import { parseLogin, type SshLogin, secretsOfLogin } from './login.ts';
import { parseRemotePattern, type RemotePattern } from './remote-path.ts';

/** A permission entry of ssh, read. */
export interface SshRule {
  readonly endpoint: EndpointPattern;
  /** Of a deny rule. */
  readonly denied: EndpointPattern;
  /** `*` is any; undefined where the entry leaves it out: then it allows none, and as a deny rule forbids all. */
  readonly user: string | undefined;
  readonly pins: readonly HostPin[];
  readonly login: SshLogin | undefined;
  /** Secrets with which another layer, or the call, may log in; `*` is any. */
  readonly secrets: readonly string[];
  readonly commands: readonly CommandRule[];
  readonly read: readonly RemotePattern[];
  readonly write: readonly RemotePattern[];
  /** False where the entry names neither commands nor paths: then it allows none, and as a deny rule forbids all. */
  readonly namesOperations: boolean;
  readonly private: boolean;
  readonly limits: EntryLimits<SshLimit>;
}

/** A program that may be run on the other machine. */
export interface CommandRule {
  /** A name, an absolute path, or `*`; compared as text. */
  readonly command: string;
  readonly args: ArgsRule;
  /** False where the entry leaves them out: then it allows none, and as a deny rule forbids the program with any. */
  readonly namesArgs: boolean;
}

type SshLimit = 'time' | 'bytes' | 'files';

/** What holds for one call: a rule of each layer matched it, and all of them count. */
export interface SshEffective {
  /** Of each layer that names one. */
  readonly users: readonly string[];
  /** Of each layer that pins keys; all of them must accept the host's. */
  readonly pins: readonly (readonly HostPin[])[];
  readonly logins: readonly SecretsUse<SshLogin>[];
  readonly limits: EntryLimits<SshLimit>;
}

const limitKinds: LimitKinds<SshLimit> = {
  time: { kind: 'duration', description: 'of the whole call' },
  bytes: { kind: 'size', description: 'that an upload or a download moves' },
  files: { kind: 'count', description: 'files that an upload or a download moves' },
};

const defaultPort = 22;
const secretName: JsonObject = { type: 'string', pattern: secretPattern };

/** JSON Schema of an entry. */
export const sshEntrySchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['host'],
  properties: {
    host: hostSchema,
    port: { ...portSchema, description: 'default 22; `*` is any' },
    user: { type: 'string', minLength: 1, maxLength: 256, description: 'whom the agent logs in as; `*` is any' },
    'host-key': {
      ...oneOrMoreTexts,
      description:
        'the keys that the host may have: `SHA256:…` or `ssh-ed25519 AAAA…`; without one nothing is connected to',
    },
    key: { ...secretName, description: 'the name of a secret with the private key' },
    passphrase: { ...secretName, description: "the name of a secret with the private key's passphrase" },
    password: { ...secretName, description: 'the name of a secret with the password' },
    secrets: {
      type: 'array',
      maxItems: 200,
      items: { type: 'string' },
      description: 'secrets by which another layer, or the call, may log in; `*` is any',
    },
    commands: {
      type: 'array',
      minItems: 1,
      maxItems: 200,
      description: 'the programs that may be run there',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['command'],
        properties: {
          command: { type: 'string', minLength: 1, description: 'a name, an absolute path, or `*`' },
          args: argsRuleSchema,
        },
      },
    },
    read: { ...oneOrMoreTexts, description: 'paths there that may be read, from the root or from the home folder' },
    write: { ...oneOrMoreTexts, description: 'paths there that may be made, changed and removed' },
    private: { type: 'boolean', description: 'whether it may be a private address' },
    limits: limitsSchema(limitKinds),
  },
};

type Parsed<Value> = Value | { readonly problem: string };

/** Reads an entry that fits the schema. */
export function parseSshEntry(entry: JsonObject): Parsed<{ readonly rule: SshRule }> {
  const endpoint = parseHostEntry(entry, defaultPort);
  if ('problem' in endpoint) return endpoint;
  const user = entry['user'] === undefined ? undefined : textOf(entry['user']);
  if (user !== undefined && (user === '' || hasControlCharacter(user)))
    return { problem: `\`user\`: \`${user}\` is no name` };
  const pins = parseHostPins(entry['host-key']);
  if ('problem' in pins) return pins;
  const login = parseLogin(entry);
  if ('problem' in login) return login;
  const secrets = parseSecretNames(entry['secrets']);
  if ('problem' in secrets) return secrets;
  const commands = parseCommands(entry['commands']);
  if ('problem' in commands) return commands;
  const read = parsePatterns('read', entry['read']);
  if ('problem' in read) return read;
  const write = parsePatterns('write', entry['write']);
  if ('problem' in write) return write;
  const limits = parseLimits(entry['limits'], limitKinds);
  if ('problem' in limits) return limits;
  return {
    rule: {
      endpoint: endpoint.pattern,
      denied: endpoint.denied,
      user,
      pins: pins.pins,
      login: login.login,
      secrets: secrets.secrets,
      commands: commands.commands,
      read: read.patterns,
      write: write.patterns,
      namesOperations: ['commands', 'read', 'write'].some((key) => entry[key] !== undefined),
      private: entry['private'] === true,
      limits: limits.limits,
    },
  };
}

function parseCommands(value: Json | undefined): Parsed<{ readonly commands: readonly CommandRule[] }> {
  const commands: CommandRule[] = [];
  for (const [index, item] of (Array.isArray(value) ? value : []).entries()) {
    const { command, args }: JsonObject = isJsonObject(item) ? item : {};
    const problem = (why: string): { readonly problem: string } => ({ problem: `\`commands[${index}]\`: ${why}` });
    const text = textOf(command);
    if (text !== '*' && !isProgram(text)) return problem(`\`${text}\` is neither a name nor a plain absolute path`);
    const parsed = parseArgsRule(args);
    if ('problem' in parsed) return problem(parsed.problem);
    if (parsed.args.kind === 'list' && parsed.args.items.some(isOfExecAlone)) {
      return problem('`type: file` and `granted` are of exec: they mean the agent’s files and what net grants');
    }
    commands.push({ command: text, args: parsed.args, namesArgs: args !== undefined });
  }
  return { commands };
}

function isOfExecAlone({ accepts }: ArgsItem): boolean {
  if (accepts.kind === 'group') return accepts.items.some(isOfExecAlone);
  return accepts.kind === 'value' && (accepts.type === 'file' || accepts.granted);
}

/** Whether the text names one program: a name, or a plain absolute path. It is quoted, so no shell reads more into it. */
export function isProgram(text: string): boolean {
  return text.startsWith('/') ? isPlainAbsolutePath(text) : /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/.test(text);
}

function parsePatterns(
  key: 'read' | 'write',
  value: Json | undefined,
): Parsed<{ readonly patterns: readonly RemotePattern[] }> {
  const patterns: RemotePattern[] = [];
  for (const text of value === undefined ? [] : Array.isArray(value) ? value : [value]) {
    const parsed = parseRemotePattern(String(text));
    if ('problem' in parsed) return { problem: `\`${key}\`: ${parsed.problem}` };
    patterns.push(parsed.pattern);
  }
  return { patterns };
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? readQuoted(value).text : '';
}

/** An expression's result stands for exactly itself: a host, a user, a key, a path; never a pattern or a keyword. */
export function quoteSsh(text: string, path: readonly string[], before = ''): Parsed<{ readonly text: string }> {
  const [field = '', ...rest] = path;
  const problem = { problem: `the value \`${text}\` can't stand in \`${path.join('.')}\`` };
  switch (field) {
    case 'host':
    case 'host-key':
      return markQuoted(text);
    case 'user':
      return text === '*' ? problem : markQuoted(text);
    case 'port':
      return /^[0-9]{1,5}$/.test(text) ? { text } : problem;
    case 'key':
    case 'passphrase':
    case 'password':
    case 'secrets':
      return isSecretName(text) ? { text } : problem;
    case 'read':
    case 'write':
      return quotePathAfter(before, text);
    case 'limits':
      return { text };
    case 'commands':
      if (rest[1] === 'command') return text === '*' ? problem : markQuoted(text);
      return rest[1] === 'args' && !['type', 'schemes'].includes(rest[3] ?? '') ? markQuoted(text) : problem;
    default:
      return problem;
  }
}

/** What holds when these rules matched, one of each layer. */
export function narrowSsh(rules: readonly SshRule[]): SshEffective {
  return {
    users: [...new Set(rules.flatMap(({ user }) => (user === undefined || user === '*' ? [] : [user])))],
    pins: rules.flatMap(({ pins }) => (pins.length === 0 ? [] : [pins])),
    logins: rules.map(({ secrets, login }) => ({ secrets, wish: login })),
    limits: leastLimits(rules.map(({ limits }) => limits)),
  };
}

/** One sentence. */
export function explainSsh(rule: SshRule): string {
  const parts = [`log in to ${rule.endpoint.text} as ${rule.user === '*' ? 'any user' : (rule.user ?? 'nobody')}`];
  if (rule.login !== undefined) parts.push(`with the secrets ${secretsOfLogin(rule.login).join(', ')}`);
  else if (rule.secrets.length > 0) {
    const which = rule.secrets.includes('*') ? 'any secret' : `the secrets ${rule.secrets.join(', ')}`;
    parts.push(`with ${which} that another layer or the call names`);
  }
  parts.push(
    rule.pins.length === 0
      ? 'whatever key another layer pins'
      : `if its key is ${rule.pins.map(({ fingerprint }) => `SHA256:${fingerprint}`).join(' or ')}`,
  );
  for (const { command, args } of rule.commands) parts.push(`run ${explainCommand(command, args)}`);
  if (rule.read.length > 0) parts.push(`read ${rule.read.map(({ text }) => `\`${text}\``).join(', ')}`);
  if (rule.write.length > 0) parts.push(`write ${rule.write.map(({ text }) => `\`${text}\``).join(', ')}`);
  const limits = explainLimits(rule.limits, limitKinds);
  if (limits !== undefined) parts.push(limits);
  parts.push(rule.private ? 'at private addresses too' : 'at public addresses only');
  return parts.join(', ');
}

function explainCommand(command: string, args: ArgsRule): string {
  const name = command === '*' ? 'any command' : `\`${command}\``;
  if (args.kind === 'any') return `${name} with any arguments`;
  return args.items.length === 0
    ? `${name} without arguments`
    : `${name} with \`${args.items.map(describeItem).join(' ')}\``;
}
