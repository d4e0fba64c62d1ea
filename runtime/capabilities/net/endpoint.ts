import type { LookupAddress } from 'node:dns';
import { isIP, isIPv6, type Socket, connect as tcpConnect } from 'node:net';
import { assertNever } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import { markQuoted, readQuoted } from '../quoted.ts';
import { classifyAddress } from './addresses.ts';
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
export function canonicalHost(text: string): string | undefined {
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

/** An expression's result in an endpoint: itself, never a pattern. parseEndpointPattern() reads the marks. */
export const quoteEndpoint: typeof markQuoted = markQuoted;

/** What connecting goes by. */
export interface EndpointRules {
  readonly lookup: NetPowers['lookup'];
  /** Whether every layer says `private: true` for this endpoint. */
  readonly private: boolean;
  /** Whether every layer names this host exactly: only then may an address be link-local or a cloud's metadata service. */
  readonly named: boolean;
  /** Names the capability in messages: `ssh`, `mail`, `exec egress`. */
  readonly capability: string;
  readonly signal: AbortSignal;
  readonly timeout_ms: number;
}

/**
 * Connects to an endpoint that was granted: resolves its name once, refuses addresses as `net` does, and goes to an address that
 * was checked. Throws CallFailure: DENIED, FAILED, TIMEOUT, CANCELLED. The caller owns the socket.
 */
export async function connectEndpoint(
  endpoint: Endpoint,
  rules: EndpointRules,
): Promise<{ readonly socket: Socket; readonly address: string }> {
  const timeout = AbortSignal.timeout(rules.timeout_ms);
  const signal = AbortSignal.any([rules.signal, timeout]);
  const where = `${endpoint.host}:${endpoint.port}`;
  try {
    const addresses = await addressesOf(endpoint.host, { ...rules, signal });
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
  } catch (cause) {
    if (cause instanceof CallFailure) throw cause;
    if (rules.signal.aborted) throw new CallFailure('CANCELLED', `connecting to ${where} was cancelled`);
    if (timeout.aborted) throw new CallFailure('TIMEOUT', `${where} did not accept within ${rules.timeout_ms} ms`);
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new CallFailure('FAILED', `${where} can't be connected to (${code})`);
  }
}

/** The checked addresses of a host; one that is refused refuses the host. */
async function addressesOf(host: string, rules: EndpointRules): Promise<readonly LookupAddress[]> {
  const canonical = canonicalHost(host);
  if (canonical === undefined) throw new CallFailure('INVALID_ARGUMENTS', `\`${host}\` is not a host`);
  const family = isIP(canonical);
  const addresses = family === 0 ? await resolveName(canonical, rules) : [{ address: canonical, family }];
  for (const { address } of addresses) requireAddress(address, { ...rules, literal: family !== 0, host: canonical });
  return addresses;
}

/** A lookup can't be aborted, so waiting for it ends. */
async function resolveName(host: string, { lookup, signal }: EndpointRules): Promise<readonly LookupAddress[]> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const addresses = await Promise.race([lookup(host), aborted.promise]);
    if (addresses.length === 0) throw new CallFailure('FAILED', `the name \`${host}\` has no address`);
    return addresses;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function requireAddress(
  address: string,
  rules: EndpointRules & { readonly literal: boolean; readonly host: string },
): void {
  const kind = classifyAddress(address);
  const what = rules.literal ? address : `\`${rules.host}\` has the address ${address}, which`;
  switch (kind) {
    case 'public':
      return;
    case 'private':
      if (rules.private) return;
      throw new CallFailure('DENIED', `${what} is a private address`, {
        rule: `${rules.capability}: private addresses`,
        remedy: 'Every layer must say `private: true` for it, the policy in an entry that is written out.',
      });
    case 'metadata':
      if (rules.private && rules.named && rules.literal) return;
      throw new CallFailure('DENIED', `${what} is link-local or gives out the credentials of a cloud machine`, {
        rule: `${rules.capability}: metadata addresses`,
        remedy: 'Name the address itself in every layer, with `private: true`.',
      });
    case 'unusable':
      throw new CallFailure('DENIED', `${what} is no address of one machine`, {
        rule: `${rules.capability}: multicast and reserved addresses`,
        remedy: 'Name an ordinary address.',
      });
    default:
      assertNever(kind);
  }
}

function connectTo(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = tcpConnect({ host: address, port });
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
