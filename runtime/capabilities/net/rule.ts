import type { JsonObject } from '../../../schemas/index.ts';
import {
  type EntryLimits,
  explainLimits,
  type LimitKinds,
  leastLimits,
  limitsSchema,
  parseLimits,
} from '../entry-limits.ts';
import { parseSecretNames, textsOf } from '../entry-parts.ts';
import { markQuoted } from '../quoted.ts';
import { authSchema, explainAuth, type NetAuth, parseAuth, type SecretUse } from './auth.ts';
import { problemOfGrantedHeader, refusalOfHeader } from './headers.ts';
import { canonicalProxy } from './proxy-name.ts';
import { parseUrlPattern, type UrlPattern } from './url-pattern.ts';

/** A permission entry of net, read. */
export interface NetRule {
  readonly url: UrlPattern;
  /** Upper case; `*` is any. */
  readonly methods: readonly string[];
  /** False where the entry leaves `methods` out: then it allows GET and HEAD, and as a deny rule forbids all. */
  readonly namesMethods: boolean;
  /** Lower case; beyond those that need no grant. */
  readonly headers: readonly string[];
  /** Secrets whose values may stand in headers to this URL; `*` is any. */
  readonly secrets: readonly string[];
  /** Secrets whose values may stand in the path and the query of this URL; `*` is any. */
  readonly urlSecrets: readonly string[];
  /** How the agent signs the requests, if so. */
  readonly auth: NetAuth | undefined;
  /** `host:port` of each HTTP proxy that the requests may go by, in its canonical form. */
  readonly proxies: readonly string[];
  /** Whether private addresses may be connected to. */
  readonly private: boolean;
  /**
   * `host:port`, each in its canonical form, of private addresses that may be connected to all the same. No entry can say any: they
   * are of a command that tries a plugin, and undefined everywhere else.
   */
  readonly privateAt: readonly string[] | undefined;
  readonly limits: EntryLimits<NetLimit>;
}

type NetLimit = 'request' | 'response' | 'time';

const limitKinds: LimitKinds<NetLimit> = {
  request: { kind: 'size', description: 'of the body that is sent' },
  response: { kind: 'size', description: 'of the body that comes back, decoded' },
  time: { kind: 'duration', description: 'of the whole call, redirects and bodies included' },
};

/** What holds for one request: a rule of each layer matched it. */
export interface NetEffective {
  /** Of each layer's rule. */
  readonly secrets: readonly SecretUse[];
  /** Of each layer's rule. */
  readonly urlSecrets: readonly (readonly string[])[];
  /** The least of each layer's rule: bytes, and milliseconds. */
  readonly limits: EntryLimits<NetLimit>;
  /** Whether every rule lets the call send cookies; a call that can't is not shown any. */
  readonly cookies: boolean;
}

/** Methods that an entry allows which names none. */
const readingMethods = ['GET', 'HEAD'];
/** Methods that no entry can allow: a tunnel, and an echo of what the request carries. */
const refusedMethods: readonly string[] = ['CONNECT', 'TRACE', 'TRACK'];

const texts: JsonObject = { type: 'array', maxItems: 200, items: { type: 'string' } };

/** JSON Schema of an entry. */
export const netEntrySchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: {
    url: {
      type: 'string',
      minLength: 1,
      description:
        'scheme, host (`*.host` for its subdomains), port, and a path with `*` in a segment and `**` for any',
    },
    methods: { ...texts, minItems: 1, description: 'default GET and HEAD; `*` is any' },
    headers: { ...texts, description: 'request headers beyond those that need no grant; `X-*` and `*` work' },
    secrets: { ...texts, description: 'secrets that may stand in a header to this URL' },
    'url-secrets': { ...texts, description: 'secrets that may stand in the path or the query of the URL itself' },
    proxies: { ...texts, description: '`host:port` of HTTP proxies by which requests to this URL may go' },
    private: { type: 'boolean', description: 'whether it may be a private address' },
    auth: authSchema,
    limits: limitsSchema(limitKinds),
  },
};

/** Reads an entry that fits the schema. */
export function parseNetEntry(entry: JsonObject): { readonly rule: NetRule } | { readonly problem: string } {
  const auth = parseAuth(entry['auth']);
  if ('problem' in auth) return auth;
  const url = parseUrlPattern(typeof entry['url'] === 'string' ? entry['url'] : '');
  if ('problem' in url) return url;
  if (auth.auth?.scheme === 'client-cert' && url.pattern.scheme !== 'https:') {
    return { problem: '`auth.client-cert`: a certificate is shown over https only' };
  }
  const limits = parseLimits(entry['limits'], limitKinds);
  if ('problem' in limits) return limits;
  const methods = textsOf(entry['methods']).map((method) => method.toUpperCase());
  const wrongMethod = methods.find((method) => !/^(?:[A-Z]{1,20}|\*)$/.test(method) || refusedMethods.includes(method));
  if (wrongMethod !== undefined) return { problem: `\`methods\`: \`${wrongMethod}\` can't be granted` };
  const headers = textsOf(entry['headers']);
  const wrongHeader = headers.map(problemOfGrantedHeader).find((problem) => problem !== undefined);
  if (wrongHeader !== undefined) return { problem: `\`headers\`: ${wrongHeader}` };
  const secrets = parseSecretNames(entry['secrets']);
  if ('problem' in secrets) return secrets;
  const urlSecrets = parseSecretNames(entry['url-secrets'], 'url-secrets');
  if ('problem' in urlSecrets) return urlSecrets;
  const proxies = textsOf(entry['proxies']).map((text) => canonicalProxy(text) ?? { wrong: text });
  const wrongProxy = proxies.find((proxy) => typeof proxy === 'object');
  if (wrongProxy !== undefined) return { problem: `\`proxies\`: \`${wrongProxy.wrong}\` is not \`host:port\`` };
  return {
    rule: {
      url: url.pattern,
      methods: methods.length === 0 ? readingMethods : methods,
      namesMethods: methods.length > 0,
      headers: headers.map((header) => header.toLowerCase()),
      secrets: secrets.secrets,
      urlSecrets: urlSecrets.secrets,
      auth: auth.auth,
      proxies: proxies.filter((proxy) => typeof proxy === 'string'),
      private: entry['private'] === true,
      privateAt: undefined,
      limits: limits.limits,
    },
  };
}

/** An expression's result may be a part of the URL, a method, a header or a secret's name; it is never a pattern. */
export function quoteNet(
  text: string,
  path: readonly string[],
): { readonly text: string } | { readonly problem: string } {
  const field = path[0];
  if (field === 'url') return markQuoted(text);
  if (field === 'limits' && path.length > 1) return { text };
  if (
    ['methods', 'headers', 'secrets', 'url-secrets', 'proxies'].includes(field ?? '') &&
    path.length > 1 &&
    !text.includes('*')
  )
    return markQuoted(text);
  return { problem: `the value \`${text}\` can't stand in \`${path.join('.')}\`` };
}

/** Whether the rule allows the method. */
export function allowsMethod(rule: NetRule, method: string): boolean {
  return !refusedMethods.includes(method) && (rule.methods.includes(method) || rule.methods.includes('*'));
}

/** What holds when these rules matched, one of each layer. */
export function narrowNet(rules: readonly NetRule[]): NetEffective {
  return {
    secrets: rules.map(({ secrets, auth }) => ({ secrets, auth })),
    urlSecrets: rules.map(({ urlSecrets }) => urlSecrets),
    limits: leastLimits(rules.map(({ limits }) => limits)),
    cookies: rules.every(({ headers }) => refusalOfHeader(headers, 'cookie') === undefined),
  };
}

function publicAddresses({ privateAt }: NetRule): string {
  return privateAt === undefined || privateAt.length === 0
    ? 'at public addresses only'
    : `at public addresses and ${privateAt.join(', ')} only`;
}

/** One sentence. */
export function explainNet(rule: NetRule): string {
  const methods = rule.methods.includes('*') ? 'any method' : rule.methods.join(', ');
  const parts = [`request ${rule.url.text} with ${methods}`];
  if (rule.headers.length > 0) parts.push(`also sending the headers ${rule.headers.join(', ')}`);
  if (rule.secrets.length > 0) {
    parts.push(
      rule.secrets.includes('*')
        ? 'with any secret in a header'
        : `with the secrets ${rule.secrets.join(', ')} in headers`,
    );
  }
  if (rule.urlSecrets.length > 0) {
    parts.push(
      rule.urlSecrets.includes('*')
        ? 'with any secret in the URL'
        : `with the secrets ${rule.urlSecrets.join(', ')} in the URL`,
    );
  }
  if (rule.auth !== undefined) parts.push(explainAuth(rule.auth));
  if (rule.proxies.length > 0) parts.push(`directly or by the proxy ${rule.proxies.join(' or ')}`);
  const limits = explainLimits(rule.limits, limitKinds);
  if (limits !== undefined) parts.push(limits);
  parts.push(rule.private ? 'at private addresses too' : publicAddresses(rule));
  return parts.join(', ');
}
