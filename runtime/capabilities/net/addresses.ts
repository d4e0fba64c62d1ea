import { isIPv4, isIPv6 } from 'node:net';

/**
 * What an address is. `private` needs `private: true` in every layer; `metadata` (where clouds hand out credentials, and all
 * of link-local) moreover needs to be named itself; `unusable` is never connected to.
 */
export type AddressClass = 'public' | 'private' | 'metadata' | 'unusable';

/** IANA's special-purpose registry for IPv4, as prefix and length; what isn't listed is public. */
const specialIpv4: readonly (readonly [string, number, AddressClass])[] = [
  ['169.254.0.0', 16, 'metadata'],
  // Alibaba, Oracle, and Azure's, which is an ordinary public address.
  ['100.100.100.200', 32, 'metadata'],
  ['192.0.0.192', 32, 'metadata'],
  ['168.63.129.16', 32, 'metadata'],
  ['0.0.0.0', 8, 'private'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['127.0.0.0', 8, 'private'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'private'],
  ['192.0.2.0', 24, 'private'],
  ['192.88.99.0', 24, 'private'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'private'],
  ['198.51.100.0', 24, 'private'],
  ['203.0.113.0', 24, 'private'],
  ['224.0.0.0', 4, 'unusable'],
  ['240.0.0.0', 4, 'unusable'],
];

/** The same for IPv6. Of the rest, 2000::/3 is public and everything else is private. */
const specialIpv6: readonly (readonly [string, number, AddressClass])[] = [
  ['fe80::', 10, 'metadata'],
  ['fd00:ec2::254', 128, 'metadata'],
  ['fd20:ce::254', 128, 'metadata'],
  ['ff00::', 8, 'unusable'],
  // Teredo, ORCHID and other protocol assignments: never a server's own address.
  ['2001::', 23, 'private'],
  ['2001:db8::', 32, 'private'],
  ['3fff::', 20, 'private'],
  ['2000::', 3, 'public'],
];

/** IPv6 forms that stand for an IPv4 address: prefix, its length, and the byte at which the address begins. */
const embeddings: readonly (readonly [string, number, number])[] = [
  ['::ffff:0:0', 96, 12],
  ['::ffff:0:0:0', 96, 12],
  ['64:ff9b::', 96, 12],
  ['2002::', 16, 2],
  // IPv4-compatible, after :: and ::1, which it covers too: those are 0.0.0.0 and 0.0.0.1, as private as loopback.
  ['::', 96, 12],
];

/** Classifies an IP address in text form; one that can't be read is unusable. */
export function classifyAddress(text: string): AddressClass {
  const address = text.replace(/%.*$/, '');
  if (isIPv4(address)) return classifyIpv4(bytesOfIpv4(address));
  if (!isIPv6(address)) return 'unusable';
  const bytes = bytesOfIpv6(address);
  for (const [prefix, length, at] of embeddings) {
    if (hasPrefix(bytes, bytesOfIpv6(prefix), length)) return classifyIpv4(bytes.slice(at, at + 4));
  }
  const found = specialIpv6.find(([prefix, length]) => hasPrefix(bytes, bytesOfIpv6(prefix), length));
  return found?.[2] ?? 'private';
}

function classifyIpv4(bytes: readonly number[]): AddressClass {
  const found = specialIpv4.find(([prefix, length]) => hasPrefix(bytes, bytesOfIpv4(prefix), length));
  return found?.[2] ?? 'public';
}

function hasPrefix(bytes: readonly number[], prefix: readonly number[], length: number): boolean {
  return prefix.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, length - index * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return ((bytes[index] ?? 0) & mask) === (byte & mask);
  });
}

function bytesOfIpv4(text: string): readonly number[] {
  return text.split('.').map(Number);
}

/** `text` is a valid address; the URL parser writes an IPv4 tail as hexadecimal, so that only groups are left. */
function bytesOfIpv6(text: string): readonly number[] {
  const [head = '', tail] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]);
}

function groupsOf(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
