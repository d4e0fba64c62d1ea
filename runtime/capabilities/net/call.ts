import { isIP } from 'node:net';
import type { JsonObject } from '../../../schemas/index.ts';
import type { Check } from '../capability.ts';
import { isUndecided, undecided } from '../match-budget.ts';
import { type Refusal, refusal, refusalAfter } from '../refusal.ts';
import { type AddressClass, addressWords, classifyAddress, mayBeSameMachine } from './addresses.ts';
import { secretsOf } from './auth.ts';
import { type CalledAuthArgs, calledAuthSchema } from './called-auth.ts';
import { refusalOfHeader } from './headers.ts';
import { looselyRead } from './loose-path.ts';
import { canonicalProxy } from './proxy-name.ts';
import { allowsMethod, type NetRule } from './rule.ts';
import { matchesOrigin, matchesUrl, type UrlPattern } from './url-pattern.ts';

/** A piece of a body, or a whole one: text, bytes, or a workspace file that the guest never sees. */
export type BodyPart = string | { readonly base64: string } | { readonly file: string };

/** Arguments of `net.request`, as in the guest API. */
export interface NetArgs {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of parts, one after the other: what a form with files is made of. */
  readonly body?: BodyPart | { readonly parts: readonly BodyPart[] };
  readonly response?: 'text' | 'base64' | { readonly file: string };
  readonly redirects?: number;
  readonly timeout_ms?: number;
  readonly max_bytes?: number;
  /** What the body of the response must have. */
  readonly sha256?: string;
  /** How the agent is to authenticate, by placeholders of secrets that every layer lets go there. */
  readonly auth?: CalledAuthArgs;
  /** `host:port` of the HTTP proxy to go by. */
  readonly proxy?: string;
}

/** What a rule is asked about, for the call and for each redirect. */
export interface NetDemand {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly string[];
  /** Names of the secrets that stand in values of headers, once these are known: the call itself has placeholders. */
  readonly secrets?: readonly string[];
  /** What the host's address is, where that isn't an ordinary one; of a name it is known only once that is resolved. */
  readonly address?: Exclude<AddressClass, 'public'>;
  /** The address, where the URL itself names one. */
  readonly literal?: string;
  /** The address itself, of a host that is a name: a deny rule may be for it. */
  readonly resolved?: string;
  /** The URL with the values of secrets in it, as it goes out: a deny rule may be for it. */
  readonly sent?: string;
  /** `host:port` of the proxy that it goes by, if so. */
  readonly proxy?: string;
}

/** Of a response that goes to the guest: it crosses in one frame. */
export const guestLimitBytes: number = 8 * 1024 * 1024;

/** Of a body: a form has not more fields. */
const maxParts = 1000;

const file: JsonObject = { type: 'string', minLength: 1, maxLength: 4096 };

const bodyParts: readonly JsonObject[] = [
  { type: 'string' },
  {
    type: 'object',
    additionalProperties: false,
    required: ['base64'],
    properties: { base64: { type: 'string' } },
  },
  { type: 'object', additionalProperties: false, required: ['file'], properties: { file } },
];

/** JSON Schema of the arguments. */
export const netArgsSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: {
    url: { type: 'string', minLength: 1, maxLength: 8192 },
    method: { type: 'string', pattern: '^[A-Za-z]{1,20}$' },
    headers: { type: 'object', maxProperties: 100, additionalProperties: { type: 'string' } },
    body: {
      oneOf: [
        ...bodyParts,
        {
          type: 'object',
          additionalProperties: false,
          required: ['parts'],
          properties: { parts: { type: 'array', maxItems: maxParts, items: { oneOf: bodyParts } } },
        },
      ],
    },
    response: {
      oneOf: [
        { enum: ['text', 'base64'] },
        { type: 'object', additionalProperties: false, required: ['file'], properties: { file } },
      ],
    },
    redirects: { type: 'integer', minimum: 0, maximum: 20 },
    timeout_ms: { type: 'integer', minimum: 1, maximum: 86_400_000 },
    max_bytes: { type: 'integer', minimum: 0, maximum: 1024 ** 4 },
    sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    auth: calledAuthSchema,
    proxy: { type: 'string', minLength: 1, maxLength: 300 },
  },
};

/** What the call asks for. An address in the URL is looked at at once, as it will be when the call is carried out. */
export function demandOf(args: NetArgs): NetDemand {
  const method = (args.method ?? 'GET').toUpperCase();
  const demand: NetDemand = {
    url: args.url,
    method,
    headers: Object.keys(args.headers ?? {}),
    ...(args.proxy === undefined ? {} : { proxy: args.proxy }),
  };
  const read = urlOf(demand);
  if ('problem' in read) return demand;
  const literal = read.url.hostname.replace(/^\[(.*)\]$/u, '$1');
  const address = isIP(literal) === 0 ? 'public' : classifyAddress(literal);
  if (address === 'public') return demand;
  const placed: NetDemand = { ...demand, address, literal };
  readUrls.set(placed, read);
  return placed;
}

/** Reads a URL as the WHATWG parser does; `problem` where a request can't go there at all. */
export function readUrl(text: string): { readonly url: URL } | { readonly problem: string } {
  if (!URL.canParse(text)) return { problem: `\`${text}\` is not an absolute URL` };
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { problem: `\`${url.protocol}\` is neither https nor http` };
  }
  if (url.username !== '' || url.password !== '') return { problem: 'the URL holds a user name or password' };
  url.hash = '';
  return { url };
}

/** A policy may have hundreds of rules, and a URL takes longer to read than to compare. */
const readUrls = new WeakMap<NetDemand, ReturnType<typeof readUrl>>();

function urlOf(demand: NetDemand): ReturnType<typeof readUrl> {
  const read = readUrls.get(demand) ?? readUrl(demand.url);
  readUrls.set(demand, read);
  return read;
}

/** Whether this rule allows the request. */
export function checkNet(rule: NetRule, demand: NetDemand): Check {
  const read = urlOf(demand);
  if ('problem' in read) {
    return { matches: false, why: read.problem, remedy: 'Give an https or http URL without a user name or password.' };
  }
  if (!matchesUrl(rule.url, read.url)) {
    if (isUndecided(read.url)) return undecided;
    const { url } = read;
    return refusal(
      () => `\`${url.href}\` is not \`${rule.url.text}\``,
      () => (matchesOrigin(rule.url, url) ? 1 : 0),
    );
  }
  if (!allowsMethod(rule, demand.method)) {
    return { matches: false, why: `${demand.method} is not one of ${rule.methods.join(', ')}`, met: 2 };
  }
  const misplaced = refusalOfAddress(rule, demand);
  if (misplaced !== undefined) return refusalAfter(3, misplaced);
  const detour = refusalOfProxy(rule, demand);
  if (detour !== undefined) return refusalAfter(4, detour);
  const misfit = demand.headers.map((name) => refusalOfHeader(rule.headers, name)).find((why) => why !== undefined);
  if (misfit !== undefined) return { matches: false, why: misfit, met: 5 };
  const kept = demand.secrets?.find((name) => !rule.secrets.includes(name) && !rule.secrets.includes('*'));
  return kept === undefined ? { matches: true } : refusalOfSecret(rule, kept);
}

/** Of a secret in a header: what is sent there in its place would be its placeholder, which is of no use to anybody. */
function refusalOfSecret({ auth }: NetRule, name: string): Refusal {
  const why = `the secret \`${name}\` is not in its \`secrets\`, and may stand in no header to this URL`;
  if (auth === undefined || !secretsOf(auth).includes(name)) return { matches: false, why, met: 6 };
  const remedy = 'Leave it out of the headers: the agent sends it by the `auth` of the entry.';
  return { matches: false, why, remedy, met: 6 };
}

/** Behind a proxy the agent can't see where a request goes: each layer must name the very proxy. */
function refusalOfProxy(rule: NetRule, { proxy }: NetDemand): Refusal | undefined {
  if (proxy === undefined || rule.proxies.includes(canonicalProxy(proxy) ?? '')) return undefined;
  return {
    matches: false,
    why: `the entry lets no request go by the proxy \`${proxy}\``,
    remedy:
      'Name it under `proxies` of the permission, and in an entry that the policy writes out: `allow: requested` is not enough.',
  };
}

/** Private addresses must be allowed by the rule; those that hand out credentials must be named by it, too. */
function refusalOfAddress(rule: NetRule, demand: NetDemand): Refusal | undefined {
  const { address, literal } = demand;
  if (address === undefined) return undefined;
  if (address === 'unusable') {
    return { matches: false, why: `${literal ?? 'it'} ${addressWords[address]}`, remedy: 'Name an ordinary address.' };
  }
  // Of an address that a name was resolved to, whoever asks says first what it is.
  const what = literal === undefined ? '' : `${literal} ${addressWords[address]}, and `;
  if (address === 'private' && isLetThrough(rule, demand)) return undefined;
  if (!rule.private) {
    return {
      matches: false,
      why: `${what}the entry allows public addresses only`,
      remedy: address === 'private' ? remedyOfPrivate(rule, demand) : sayPrivate(demand),
    };
  }
  if (address === 'private' || rule.url.host.kind === 'exact') return undefined;
  return {
    matches: false,
    why:
      literal === undefined
        ? 'the address is link-local or gives out the credentials of a cloud machine, and the entry does not name it'
        : `${what}the entry does not name it`,
    remedy: 'Name the address itself in the `url` of the permission and of the policy, with `private: true`.',
  };
}

/** What lets a request go to a private address: the permission and the operator's policy, each with an entry that says so. */
function sayPrivate(demand: NetDemand): string {
  const read = urlOf(demand);
  const origin = 'url' in read ? read.url.origin : 'https://…';
  const rule = `- { plugin: NAME, allow: { net: [{ url: "${origin}/**", private: true }] } }`;
  return `Private addresses take \`private: true\` in the permission, and in a rule that the operator's policy writes out, as \`${rule}\`: \`allow: requested\` is not enough.`;
}

/** Where a plugin is only tried, nothing that is published needs to say more. */
function remedyOfPrivate({ privateAt }: NetRule, demand: NetDemand): string {
  const read = urlOf(demand);
  if (privateAt === undefined || 'problem' in read) return sayPrivate(demand);
  return `To try the plugin against a server of your own, add \`--allow-private ${placeOf(read.url)}\` to the command. For all who use it: ${sayPrivate(demand)}`;
}

/** Whether the very place that the URL names was let through beside what the entries say. */
function isLetThrough({ privateAt }: NetRule, demand: NetDemand): boolean {
  if (privateAt === undefined || privateAt.length === 0) return false;
  const read = urlOf(demand);
  return 'url' in read && privateAt.includes(placeOf(read.url));
}

/** `host:port`, as the WHATWG parser has the host. */
export function placeOf({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}`;
}

/**
 * Whether a deny rule takes the request: its URL, with those methods, or with any where it names none. A rule for an address is for
 * all of its forms, and for the names that have it; one for a path is for all that a server may read as that path.
 */
export function deniesNet(rule: NetRule, demand: NetDemand): boolean {
  const { sent, ...asked } = demand;
  if (sent !== undefined && deniesNet(rule, { ...asked, url: sent })) return true;
  const read = urlOf(demand);
  if ('problem' in read) return false;
  const takesUrl = (url: URL): boolean =>
    matchesUrl(rule.url, url) || deniesUrlByAddress(rule.url, url, demand.resolved) || isUndecided(url);
  const loosely = looselyRead(read.url);
  const takes =
    takesUrl(read.url) || (loosely === undefined ? takesOrigin(rule.url, read.url, demand) : loosely.some(takesUrl));
  if (!takes) return false;
  return !rule.namesMethods || allowsMethod(rule, demand.method);
}

/** Of a path that is encoded too often to be read: whether the rule is for anything there. */
function takesOrigin(pattern: UrlPattern, url: URL, { resolved }: NetDemand): boolean {
  const origin: UrlPattern = { ...pattern, path: undefined, query: undefined };
  return matchesOrigin(origin, url) || deniesUrlByAddress(origin, url, resolved);
}

function deniesUrlByAddress(pattern: UrlPattern, url: URL, resolved: string | undefined): boolean {
  const { host } = pattern;
  if (host.kind !== 'exact') return false;
  const hosts = [url.hostname, ...(resolved === undefined ? [] : [resolved])];
  return (
    hosts.some((one) => mayBeSameMachine(host.host, one)) && matchesUrl({ ...pattern, host: { kind: 'any' } }, url)
  );
}
