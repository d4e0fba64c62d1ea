import { isIPv4, isIPv6 } from 'node:net';
import { remembered } from '../remembered.ts';

/**
 * What an address is. `private` needs `private: true` in every layer; `metadata` (where clouds hand out credentials, and all
 * of link-local) moreover needs to be named itself; `unusable` is never connected to.
 */
export type AddressClass = 'public' | 'private' | 'metadata' | 'unusable';

interface Special {
  readonly prefix: readonly number[];
  readonly length: number;
  readonly class: AddressClass;
}

function special4(prefix: string, length: number, kind: AddressClass): Special {
  return { prefix: bytesOfIpv4(prefix), length, class: kind };
}

function special6(prefix: string, length: number, kind: AddressClass): Special {
  return { prefix: bytesOfIpv6(prefix), length, class: kind };
}

/** What an address is, after the address. */
export const addressWords: Readonly<Record<Exclude<AddressClass, 'public'>, string>> = {
  private: 'is a private address',
  metadata: 'is link-local or gives out the credentials of a cloud machine',
  unusable: 'is no address of one machine',
};

/** IANA's special-purpose registry for IPv4, as prefix and length; what isn't listed is public. */
const specialIpv4: readonly Special[] = [
  special4('169.254.0.0', 16, 'metadata'),
  // Alibaba, Oracle, and Azure's, which is an ordinary public address.
  special4('100.100.100.200', 32, 'metadata'),
  special4('192.0.0.192', 32, 'metadata'),
  special4('168.63.129.16', 32, 'metadata'),
  special4('0.0.0.0', 8, 'private'),
  special4('10.0.0.0', 8, 'private'),
  special4('100.64.0.0', 10, 'private'),
  special4('127.0.0.0', 8, 'private'),
  special4('172.16.0.0', 12, 'private'),
  special4('192.0.0.0', 24, 'private'),
  special4('192.0.2.0', 24, 'private'),
  special4('192.88.99.0', 24, 'private'),
  special4('192.168.0.0', 16, 'private'),
  special4('198.18.0.0', 15, 'private'),
  special4('198.51.100.0', 24, 'private'),
  special4('203.0.113.0', 24, 'private'),
  special4('224.0.0.0', 4, 'unusable'),
  special4('240.0.0.0', 4, 'unusable'),
];

/** The same for IPv6. Of the rest, 2000::/3 is public and everything else is private. */
const specialIpv6: readonly Special[] = [
  special6('fe80::', 10, 'metadata'),
  special6('fd00:ec2::254', 128, 'metadata'),
  special6('fd20:ce::254', 128, 'metadata'),
  special6('ff00::', 8, 'unusable'),
  // Teredo, ORCHID and other protocol assignments: never a server's own address.
  special6('2001::', 23, 'private'),
  special6('2001:db8::', 32, 'private'),
  special6('3fff::', 20, 'private'),
  special6('2000::', 3, 'public'),
];

/** IPv6 forms that are an IPv4 address, whatever its class is: prefix, its length, and the byte at which the address begins. */
const embeddings: readonly Embedding[] = [
  // IPv4-mapped, which the kernel connects to over IPv4, and IPv4-translated.
  embedding('::ffff:0:0', 96, 12),
  embedding('::ffff:0:0:0', 96, 12),
  // NAT64 and 6to4.
  embedding('64:ff9b::', 96, 12),
  embedding('2002::', 16, 2),
  // IPv4-compatible, after :: and ::1, which it covers too: those are 0.0.0.0 and 0.0.0.1, as private as loopback.
  embedding('::', 96, 12),
];

interface Embedding {
  readonly prefix: readonly number[];
  readonly length: number;
  readonly at: number;
}

function embedding(prefix: string, length: number, at: number): Embedding {
  return { prefix: bytesOfIpv6(prefix), length, at };
}

/** From the harmless to the refused. */
const strictness: readonly AddressClass[] = ['public', 'private', 'metadata', 'unusable'];

/** Classifies an IP address in text form; one that can't be read is unusable. */
export function classifyAddress(text: string): AddressClass {
  const read = readAddress(text);
  if (read === undefined) return 'unusable';
  if (read.kind === 'ipv4') return classifyIpv4(read.bytes);
  const { bytes } = read;
  const embedded = embeddedIpv4(bytes);
  const tunnelled = tunnelledIpv4(bytes);
  const outside = embedded === undefined ? classifyIpv6(bytes) : classifyIpv4(embedded);
  // Where a tunnel ends here, the packet goes to the address inside; elsewhere to the one outside. So both count.
  return tunnelled === undefined ? outside : strictest(outside, classifyIpv4(tunnelled));
}

/**
 * Whether two hosts may be one machine, for what denies: the same address, or the same IPv4 address in whichever forms. What
 * allows never asks this: in some forms (6to4, ISATAP) the address outside may be anybody's. False for a name.
 */
export function mayBeSameMachine(one: string, other: string): boolean {
  const others = machinesOf(other);
  return machinesOf(one).some((machine) => others.includes(machine));
}

function machinesOf(host: string): readonly string[] {
  // A policy may have hundreds of names and addresses.
  if (isIPv4(host)) return [machineOfIpv4(host)];
  return host.includes(':') ? machinesOfIpv6(host) : [];
}

const machinesOfIpv6: (text: string) => readonly string[] = remembered((text) => {
  const read = readAddress(text.replace(/^\[(.*)\]$/u, '$1'));
  if (read === undefined) return [];
  // `::1` has no IPv4 address within it, and `::` connects to it.
  if (read.bytes.slice(0, 15).every((byte) => byte === 0)) return ['::1'];
  const inside = [embeddedIpv4(read.bytes), tunnelledIpv4(read.bytes)].filter((bytes) => bytes !== undefined);
  return inside.length === 0 ? [read.bytes.join('.')] : inside.map((bytes) => machineOfIpv4(bytes.join('.')));
});

/** Linux connects to the unspecified address as to loopback. */
function machineOfIpv4(address: string): string {
  return address === '0.0.0.0' ? '127.0.0.1' : address;
}

type ReadAddress = { readonly kind: 'ipv4' | 'ipv6'; readonly bytes: readonly number[] };

function readAddress(text: string): ReadAddress | undefined {
  const address = text.replace(/%.*$/, '');
  if (isIPv4(address)) return { kind: 'ipv4', bytes: bytesOfIpv4(address) };
  return isIPv6(address) ? { kind: 'ipv6', bytes: bytesOfIpv6(address) } : undefined;
}

function embeddedIpv4(bytes: readonly number[]): readonly number[] | undefined {
  const found = embeddings.find(({ prefix, length }) => hasPrefix(bytes, prefix, length));
  return found === undefined ? undefined : bytes.slice(found.at, found.at + 4);
}

/**
 * The IPv4 address that an address may lead to, if a tunnel or a translator is there. ISATAP (RFC 5214): below any prefix, 0:5efe or
 * 200:5efe before it. NAT64 of a network's own (RFC 8215), where its prefix is 96 bits long.
 */
function tunnelledIpv4(bytes: readonly number[]): readonly number[] | undefined {
  const [first = 0, ...rest] = bytes.slice(8, 12);
  const isIsatap = (first & 0xfc) === 0 && rest.join('.') === '0.94.254';
  return isIsatap || hasPrefix(bytes, localNat64, 48) ? bytes.slice(12) : undefined;
}

const localNat64 = bytesOfIpv6('64:ff9b:1::');

function strictest(one: AddressClass, other: AddressClass): AddressClass {
  return strictness.indexOf(one) > strictness.indexOf(other) ? one : other;
}

function classifyIpv6(bytes: readonly number[]): AddressClass {
  return specialIpv6.find(({ prefix, length }) => hasPrefix(bytes, prefix, length))?.class ?? 'private';
}

function classifyIpv4(bytes: readonly number[]): AddressClass {
  return specialIpv4.find(({ prefix, length }) => hasPrefix(bytes, prefix, length))?.class ?? 'public';
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
