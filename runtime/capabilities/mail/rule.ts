import type { Json, JsonObject } from '../../../schemas/index.ts';
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
import { hasControlCharacter } from '../exec/value-types.ts';
import type { EndpointPattern } from '../net/endpoint.ts';
import { hostSchema, parseHostEntry, portSchema } from '../net/endpoint-entry.ts';
import { markQuoted, readQuoted } from '../quoted.ts';
import { type AddressPattern, parseAddressPattern } from './address.ts';

/** How the connection is encrypted: by STARTTLS, from the beginning, or not. */
export type MailTls = 'starttls' | 'implicit' | 'none';

/** How the agent logs in. */
export interface MailLogin {
  readonly user: string;
  /** The name of a secret. */
  readonly password: string;
}

/** A permission entry of mail, read. */
export interface MailRule {
  readonly endpoint: EndpointPattern;
  /** Of a deny rule. */
  readonly denied: EndpointPattern;
  /** Undefined: encrypted in whatever way another layer, or the port, says. */
  readonly tls: MailTls | undefined;
  readonly login: MailLogin | undefined;
  /** Secrets with which another layer may log in; `*` is any. */
  readonly secrets: readonly string[];
  readonly from: readonly AddressPattern[];
  readonly to: readonly AddressPattern[];
  readonly private: boolean;
  readonly limits: EntryLimits<MailLimit>;
}

type MailLimit = 'size' | 'recipients' | 'time';

/** What holds for one call: a rule of each layer matched, and all of them count. */
export interface MailEffective {
  /** Of each layer. */
  readonly tls: readonly (MailTls | undefined)[];
  readonly logins: readonly SecretsUse<MailLogin>[];
  readonly limits: EntryLimits<MailLimit>;
}

const limitKinds: LimitKinds<MailLimit> = {
  size: { kind: 'size', description: 'of a message as it is sent, attachments included' },
  recipients: { kind: 'count', description: 'of one message' },
  time: { kind: 'duration', description: 'of the whole call' },
};

const defaultPort = 587;

/** JSON Schema of an entry. */
export const mailEntrySchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['host'],
  properties: {
    host: { ...hostSchema, description: 'the mail server: a name, an address, `*.domain` or `*`' },
    port: { ...portSchema, description: 'default 587; `*` is any' },
    tls: {
      enum: ['starttls', 'implicit', 'none'],
      description: 'default implicit at port 465, else starttls; none is for private addresses, and without a login',
    },
    user: { type: 'string', minLength: 1, maxLength: 256, description: 'whom the agent logs in as' },
    password: { type: 'string', pattern: secretPattern, description: 'the name of a secret' },
    secrets: {
      type: 'array',
      maxItems: 200,
      items: { type: 'string' },
      description: 'secrets by which another layer may log in; `*` is any',
    },
    from: { ...oneOrMoreTexts, description: 'senders: addresses, `*@domain`, `*@*.domain` or `*`' },
    to: { ...oneOrMoreTexts, description: 'recipients, in copy and blind copy too' },
    private: { type: 'boolean', description: 'whether the server may be at a private address' },
    limits: limitsSchema(limitKinds),
  },
};

type Parsed<Value> = Value | { readonly problem: string };

/** Reads an entry that fits the schema. */
export function parseMailEntry(entry: JsonObject): Parsed<{ readonly rule: MailRule }> {
  const endpoint = parseHostEntry(entry, defaultPort);
  if ('problem' in endpoint) return endpoint;
  const login = parseLogin(entry);
  if ('problem' in login) return login;
  const tls = tlsModes.find((mode) => mode === entry['tls']);
  if (tls === 'none' && login.login !== undefined)
    return { problem: '`tls: none` would send the password in the clear' };
  const secrets = parseSecretNames(entry['secrets']);
  if ('problem' in secrets) return secrets;
  const from = parsePatterns('from', entry['from']);
  if ('problem' in from) return from;
  const to = parsePatterns('to', entry['to']);
  if ('problem' in to) return to;
  const limits = parseLimits(entry['limits'], limitKinds);
  if ('problem' in limits) return limits;
  return {
    rule: {
      endpoint: endpoint.pattern,
      denied: endpoint.denied,
      tls,
      login: login.login,
      secrets: secrets.secrets,
      from: from.patterns,
      to: to.patterns,
      private: entry['private'] === true,
      limits: limits.limits,
    },
  };
}

const tlsModes: readonly MailTls[] = ['starttls', 'implicit', 'none'];

function parseLogin(entry: JsonObject): Parsed<{ readonly login: MailLogin | undefined }> {
  const { user, password } = entry;
  if (user === undefined && password === undefined) return { login: undefined };
  if (typeof user !== 'string' || typeof password !== 'string')
    return { problem: '`user` and `password` belong together' };
  const { text } = readQuoted(user);
  if (text === '' || hasControlCharacter(text)) return { problem: `\`user\`: \`${text}\` is no name` };
  return { login: { user: text, password } };
}

function parsePatterns(
  key: 'from' | 'to',
  value: Json | undefined,
): Parsed<{ readonly patterns: readonly AddressPattern[] }> {
  const patterns: AddressPattern[] = [];
  for (const text of value === undefined ? [] : Array.isArray(value) ? value : [value]) {
    const parsed = parseAddressPattern(String(text));
    if ('problem' in parsed) return { problem: `\`${key}\`: ${parsed.problem}` };
    patterns.push(parsed.pattern);
  }
  return { patterns };
}

/** An expression's result stands for exactly itself: a host, an address, a user; never a pattern. */
export function quoteMail(text: string, path: readonly string[]): Parsed<{ readonly text: string }> {
  const [field = ''] = path;
  const problem = { problem: `the value \`${text}\` can't stand in \`${path.join('.')}\`` };
  switch (field) {
    case 'host':
    case 'from':
    case 'to':
    case 'user':
      return markQuoted(text);
    case 'tls':
      return tlsModes.some((mode) => mode === text) ? { text } : problem;
    case 'port':
      return /^[0-9]{1,5}$/.test(text) ? { text } : problem;
    case 'password':
    case 'secrets':
      return isSecretName(text) ? { text } : problem;
    case 'limits':
      return { text };
    default:
      return problem;
  }
}

/** What holds when these rules matched. */
export function narrowMail(rules: readonly MailRule[]): MailEffective {
  return {
    tls: rules.map(({ tls }) => tls),
    logins: rules.map(({ secrets, login }) => ({ secrets, wish: login })),
    limits: leastLimits(rules.map(({ limits }) => limits)),
  };
}

/** One sentence. */
export function explainMail(rule: MailRule): string {
  const list = (patterns: readonly AddressPattern[]): string =>
    patterns.length === 0 ? 'nobody' : patterns.map(({ text }) => `\`${text}\``).join(', ');
  const parts = [`send mail by ${rule.endpoint.text} from ${list(rule.from)} to ${list(rule.to)}`];
  if (rule.login !== undefined) parts.push(`as ${rule.login.user} with the secret ${rule.login.password}`);
  if (rule.tls === 'none') parts.push('without encryption');
  const limits = explainLimits(rule.limits, limitKinds);
  if (limits !== undefined) parts.push(limits);
  parts.push(rule.private ? 'at private addresses too' : 'at public addresses only');
  return parts.join(', ');
}
