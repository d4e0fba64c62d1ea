import { CallFailure } from '../capability.ts';

/** Request headers that need no grant: they describe the request and carry no credentials. Lower case. */
export const safeHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'cache-control',
  'content-language',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'prefer',
  'range',
  'user-agent',
]);

/** Never a guest's: the agent's own, those of one connection (RFC 9110, 7.6.1), and those that speak to proxies. */
const reservedHeaders: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Of a request's header names and values together. */
const maxHeaderLength = 65_536;

const namePattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A name, or a beginning of two or more characters and `*`, or `*`. */
const grantPattern = /^(?:[!#$%&'+.^_`|~0-9a-z-]+|[!#$%&'+.^_`|~0-9a-z-]{2,}\*|\*)$/;

/** Why an entry can't grant the header, if so. */
export function problemOfGrantedHeader(name: string): string | undefined {
  if (!grantPattern.test(name.toLowerCase())) return `\`${name}\` is not a header's name`;
  return isReserved(name.toLowerCase()) ? `\`${name}\` is the agent's own header` : undefined;
}

/** Why the rule doesn't let the call send the header, if so. `granted` is lower case. */
export function refusalOfHeader(granted: readonly string[], name: string): string | undefined {
  const header = name.toLowerCase();
  if (isReserved(header)) return `the header \`${name}\` is the agent's own`;
  const allowed =
    safeHeaders.has(header) ||
    granted.some((grant) => (grant.endsWith('*') ? header.startsWith(grant.slice(0, -1)) : grant === header));
  return allowed ? undefined : `the header \`${name}\` is not in its \`headers\``;
}

function isReserved(header: string): boolean {
  return reservedHeaders.has(header) || header.startsWith('proxy-');
}

/** The call's headers by lower-case name; refuses what could break out of a header. Values may hold placeholders. */
export function readHeaders(headers: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (!namePattern.test(name)) throw new CallFailure('INVALID_ARGUMENTS', `\`${name}\` is not a header's name`);
    requireHeaderValue(name, value);
    if (read.has(name.toLowerCase())) {
      throw new CallFailure('INVALID_ARGUMENTS', `the header \`${name}\` is given twice`);
    }
    read.set(name.toLowerCase(), value);
  }
  const length = [...read].reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (length > maxHeaderLength) {
    throw new CallFailure('LIMIT_EXCEEDED', `the headers are longer than ${maxHeaderLength} characters`);
  }
  return read;
}

/** Response headers that no plugin needs: those of one connection, and those by which a server steers browsers. */
const hiddenHeaders: ReadonlySet<string> = new Set([
  'alt-svc',
  'connection',
  'keep-alive',
  'nel',
  'report-to',
  'reporting-endpoints',
  'strict-transport-security',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * What the plugin sees of an answer's headers: not what concerns one connection, a proxy or a browser; and cookies, by which a
 * server knows a session, only where the plugin could send them back.
 */
export function visibleHeaders(
  headers: Readonly<Record<string, string>>,
  { cookies }: { readonly cookies: boolean },
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => {
      if (name === 'set-cookie' || name === 'set-cookie2') return cookies;
      return !hiddenHeaders.has(name) && !name.startsWith('proxy-');
    }),
  );
}

/** Refuses a value that ends the header or can't be sent (RFC 9110, 5.5). Says nothing of the value: it may be a secret. */
export function requireHeaderValue(name: string, value: string): void {
  if (/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value)) return;
  throw new CallFailure(
    'INVALID_ARGUMENTS',
    `the value of the header \`${name}\` holds a line break or another character that a header can't`,
  );
}
