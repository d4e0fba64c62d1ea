import type { LookupAddress } from 'node:dns';
import { isIP, isIPv6, type Socket, connect as tcpConnect } from 'node:net';
import { assertNever } from '../../../schemas/index.ts';
import type { Denial } from '../../host-call.ts';
import { CallFailure, type Check } from '../capability.ts';
import { markQuoted, readQuoted } from '../quoted.ts';
import { remembered } from '../remembered.ts';
import { addressWords, classifyAddress, mayBeSameMachine } from './addresses.ts';
import { addressesOfName, deniedAddress } from './lookup.ts';
import type { NetPowers } from './powers.ts';

/** A host and a port, as a guest or a program names them. The host as the URL parser writes it; an IPv6 one without brackets. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `host:port` in an entry: the host exact, `*.domain` or `*`; the port a number or `*`. Only the text of an entry holds patterns. */
export interface EndpointPattern {
  readonly text: string;
  readonly host:
    | { readonly kind: 'exact'; readonly host: string }
    | { readonly kind: 'subdomains'; readonly suffix: string }
    | { readonly kind: 'any' };
  /** Undefined: any. */
  readonly port: number | undefined;
}

const largestPort = 65_535;

/** Reads `host:port` (IPv6 in brackets). Values from expressions stand for exactly themselves. */
export function parseEndpointPattern(
  marked: string,
): { readonly pattern: EndpointPattern } | { readonly problem: string } {
  const { text, quoted } = readQuoted(marked);
  const problem = (why: string): { readonly problem: string } => ({ problem: `\`${text}\` ${why}` });
  const parts = /^(\[[^\]]*\]|[^:]*):([0-9]{1,5}|\*)$/.exec(text);
  if (parts === null) return problem('is not `host:port`');
  const [, name = '', port = ''] = parts;
  if (quoted.some(({ start, end }) => text.slice(start, end).includes('*'))) return problem('has a `*` from an input');
  const number = port === '*' ? undefined : Number(port);
  if (number !== undefined && (number < 1 || number > largestPort)) return problem('has no valid port');
  if (name === '*') return { pattern: { text, host: { kind: 'any' }, port: number } };
  const isWildcard = name.startsWith('*.');
  const host = canonicalHost(isWildcard ? name.slice(2) : name);
  if (host === undefined || (isWildcard && isIP(host) !== 0)) return problem('has no valid host');
  return {
    pattern: {
      text,
      host: isWildcard ? { kind: 'subdomains', suffix: `.${host}` } : { kind: 'exact', host },
      port: number,
    },
  };
}

/** A host as the URL parser writes it: lower case, ASCII, one spelling of an address; undefined for none. */
export const canonicalHost: (text: string) => string | undefined = remembered(parseHost);

function parseHost(text: string): string | undefined {
  const bare = isIPv6(text) ? `[${text}]` : text;
  if (!/^(?:\[[0-9a-f:.]+\]|[^\s/?#@:\\%[\]*]+)$/iu.test(bare) || !URL.canParse(`http://${bare}/`)) return undefined;
  const { hostname } = new URL(`http://${bare}/`);
  const host = hostname.replace(/^\[(.*)\]$/u, '$1').replace(/\.$/u, '');
  return host === '' ? undefined : host;
}

/** Whether the pattern means this endpoint; its host is made canonical here. */
export function matchesEndpoint(pattern: EndpointPattern, endpoint: Endpoint): boolean {
  const host = canonicalHost(endpoint.host);
  if (host === undefined || (pattern.port !== undefined && pattern.port !== endpoint.port)) return false;
  switch (pattern.host.kind) {
    case 'exact':
      return host === pattern.host.host;
    case 'subdomains':
      return host.endsWith(pattern.host.suffix) && host.length > pattern.host.suffix.length;
    case 'any':
      return true;
    default:
      return assertNever(pattern.host);
  }
}

/**
 * Whether a deny of the pattern takes this endpoint: as an entry would allow it, and an address in each of its forms, also where a
 * name has it. `addresses` are what the name has, as far as that is known.
 */
export function deniesEndpoint(
  pattern: EndpointPattern,
  endpoint: Endpoint,
  addresses: readonly string[] = [],
): boolean {
  if (matchesEndpoint(pattern, endpoint)) return true;
  const { host, port } = pattern;
  if (host.kind !== 'exact' || (port !== undefined && port !== endpoint.port)) return false;
  const hosts = [canonicalHost(endpoint.host) ?? endpoint.host, ...addresses];
  return hosts.some((one) => mayBeSameMachine(host.host, one));
}

/** An expression's result in an endpoint: itself, never a pattern. parseEndpointPattern() reads the marks. */
export const quoteEndpoint: typeof markQuoted = markQuoted;

/** An address that needs more of an entry than that it means the host. */
export type GuardedAddress = 'private' | 'metadata';

/** Whether an entry lets its host lie at such an address; for a metadata service it must name the host itself. */
export function checkAddress(
  entry: { readonly endpoint: EndpointPattern; readonly private: boolean },
  at: GuardedAddress,
): Check {
  if (!entry.private) return { matches: false, why: 'it has no `private: true`' };
  return at === 'private' || entry.endpoint.host.kind === 'exact'
    ? { matches: true }
    : { matches: false, why: `it is for ${entry.endpoint.text}, and does not name the address itself` };
}

/** What a host is looked up with. */
export interface FindRules {
  readonly lookup: NetPowers['lookup'];
  /** Asked where an address is no ordinary one: whether every layer lets the call go there. */
  readonly permits: (at: GuardedAddress) => boolean;
  /** Asked of each address that a name has: whether a deny rule takes the call there. */
  readonly denies: (address: string) => Denial | undefined;
  /** Names the capability in messages: `ssh`, `mail`, `exec egress`. */
  readonly capability: string;
  readonly signal: AbortSignal;
  readonly timeout_ms: number;
}

/** An endpoint with the very addresses that were checked, so that no second lookup can answer otherwise. */
export interface FoundEndpoint {
  readonly endpoint: Endpoint;
  readonly addresses: readonly LookupAddress[];
}

/** Resolves the name of an endpoint that was granted, and refuses addresses as `net` does. Throws CallFailure; connects to nothing. */
export async function findEndpoint(endpoint: Endpoint, rules: FindRules): Promise<FoundEndpoint> {
  return inTime(endpoint, rules, async (signal) => ({
    endpoint,
    addresses: await addressesOf(endpoint.host, { ...rules, signal }),
  }));
}

/** Connects to the first of the addresses that accepts. Throws CallFailure: FAILED, TIMEOUT, CANCELLED. The caller owns the socket. */
export async function connectFound(
  { endpoint, addresses }: FoundEndpoint,
  rules: Pick<FindRules, 'signal' | 'timeout_ms'>,
): Promise<{ readonly socket: Socket; readonly address: string }> {
  return inTime(endpoint, rules, async (signal) => {
    let last: unknown;
    for (const { address } of addresses) {
      try {
        return { socket: await connectTo(address, endpoint.port, signal), address };
      } catch (cause) {
        if (signal.aborted) throw cause;
        last = cause;
      }
    }
    throw last;
  });
}

/** Both, where what holds is the same at any address. */
export async function connectEndpoint(
  endpoint: Endpoint,
  rules: FindRules,
): Promise<{ readonly socket: Socket; readonly address: string }> {
  return connectFound(await findEndpoint(endpoint, rules), rules);
}

async function inTime<Found>(
  endpoint: Endpoint,
  rules: Pick<FindRules, 'signal' | 'timeout_ms'>,
  act: (signal: AbortSignal) => Promise<Found>,
): Promise<Found> {
  const timeout = AbortSignal.timeout(rules.timeout_ms);
  const where = `${endpoint.host}:${endpoint.port}`;
  try {
    return await act(AbortSignal.any([rules.signal, timeout]));
  } catch (cause) {
    if (cause instanceof CallFailure) throw cause;
    if (rules.signal.aborted) throw new CallFailure('CANCELLED', `connecting to ${where} was cancelled`);
    if (timeout.aborted) throw new CallFailure('TIMEOUT', `${where} did not accept within ${rules.timeout_ms} ms`);
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new CallFailure('FAILED', `${where} can't be connected to (${code})`);
  }
}

/** The checked addresses of a host; one that is refused refuses the host. */
async function addressesOf(host: string, rules: FindRules): Promise<readonly LookupAddress[]> {
  const canonical = canonicalHost(host);
  if (canonical === undefined) throw new CallFailure('INVALID_ARGUMENTS', `\`${host}\` is not a host`);
  const family = isIP(canonical);
  const addresses = family === 0 ? await addressesOfName(canonical, rules) : [{ address: canonical, family }];
  for (const { address } of addresses) {
    const where = { ...rules, literal: family !== 0, host: canonical };
    requireNotDenied(address, where);
    requireAddress(address, where);
  }
  return addresses;
}

function requireNotDenied(
  address: string,
  { literal, host, denies }: FindRules & { readonly literal: boolean; readonly host: string },
): void {
  // Of an address that the call itself names the deny rules were asked before.
  const denial = literal ? undefined : denies(address);
  if (denial !== undefined) throw deniedAddress({ host, address }, denial);
}

function requireAddress(
  address: string,
  rules: FindRules & { readonly literal: boolean; readonly host: string },
): void {
  const kind = classifyAddress(address);
  const what = rules.literal ? address : `\`${rules.host}\` has the address ${address}, which`;
  switch (kind) {
    case 'public':
      return;
    case 'private':
      if (rules.permits(kind)) return;
      throw new CallFailure('DENIED', `${what} ${addressWords[kind]}`, {
        rule: `${rules.capability}: private addresses`,
        remedy: 'Every layer must say `private: true` for it, the policy in an entry that is written out.',
      });
    case 'metadata':
      // A name could lead there tomorrow, whoever it belongs to.
      if (rules.literal && rules.permits(kind)) return;
      throw new CallFailure('DENIED', `${what} ${addressWords[kind]}`, {
        rule: `${rules.capability}: metadata addresses`,
        remedy: 'Name the address itself in every layer, with `private: true`.',
      });
    case 'unusable':
      throw new CallFailure('DENIED', `${what} ${addressWords[kind]}`, {
        rule: `${rules.capability}: multicast and reserved addresses`,
        remedy: 'Name an ordinary address.',
      });
    default:
      assertNever(kind);
  }
}

function connectTo(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  // Questions and answers are small: without noDelay each waits 40 ms for the other side's acknowledgement.
  const socket = tcpConnect({ host: address, port, noDelay: true });
  const onAbort = (): void => {
    socket.destroy();
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  socket.once('connect', () => {
    signal.removeEventListener('abort', onAbort);
    // An error between here and the caller's own listener must not end the agent.
    socket.on('error', () => undefined);
    resolve(socket);
  });
  socket.once('error', (cause) => {
    // After it was connected this settles nothing.
    signal.removeEventListener('abort', onAbort);
    reject(cause);
  });
  if (signal.aborted) onAbort();
  return promise;
}
