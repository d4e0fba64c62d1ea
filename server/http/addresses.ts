import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Which proxies are believed. */
export interface TrustedProxies {
  has(address: string): boolean;
}

/** Longer lists of addresses are no proxies' work. */
const mostForwarded = 32;

/** Addresses, and networks as `10.0.0.0/8`; anything else is ignored, since what isn't trusted is safe. */
export function trustedProxies(entries: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', length] = entry.split('/', 2);
    const family = isIP(address);
    if (family === 0) continue;
    const type = family === 6 ? 'ipv6' : 'ipv4';
    if (length === undefined) list.addAddress(address, type);
    else if (/^\d{1,3}$/u.test(length) && Number(length) <= (family === 6 ? 128 : 32)) {
      list.addSubnet(address, Number(length), type);
    }
  }
  return {
    has: (address) => {
      const family = isIP(address);
      return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
    },
  };
}

/**
 * The client's address: the last one in `X-Forwarded-For` that is no trusted proxy, where the connection comes from one. What
 * stands before it is only what somebody claims.
 */
export function clientAddress(peer: string, headers: IncomingHttpHeaders, trusted: TrustedProxies): string {
  let address = plainAddress(peer);
  if (!trusted.has(address)) return address;
  const forwarded = String(headers['x-forwarded-for'] ?? '').split(',');
  for (const entry of forwarded.slice(-mostForwarded).reverse()) {
    const next = plainAddress(entry.trim());
    if (isIP(next) === 0) return address;
    address = next;
    if (!trusted.has(address)) return address;
  }
  return address;
}

/** Whether the client's own connection is encrypted, to this server or to a trusted proxy. */
export function isSecure(
  connection: { readonly encrypted?: boolean; readonly peer: string },
  headers: IncomingHttpHeaders,
  trusted: TrustedProxies,
): boolean {
  if (connection.encrypted === true) return true;
  return trusted.has(plainAddress(connection.peer)) && headers['x-forwarded-proto'] === 'https';
}

/** An IPv4 address that came over an IPv6 socket as itself; an address with its port or brackets without them. */
function plainAddress(text: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/u.exec(text)?.[1];
  const address = bracketed ?? text.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/u, '$1');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(address)?.[1];
  return mapped ?? address;
}

/** What one client can't change by itself: an IPv4 address, or the /64 network of an IPv6 address. */
export function addressGroup(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  if (tail === undefined) return front.slice(0, 4).map(plainGroup).join(':');
  const back = tail === '' ? [] : tail.split(':');
  const middle = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...middle, ...back].slice(0, 4).map(plainGroup).join(':');
}

function plainGroup(group: string): string {
  return group.toLowerCase().replace(/^0+(?=.)/u, '');
}
