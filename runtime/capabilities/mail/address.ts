import { isIP } from 'node:net';
import { assertNever } from '../../../schemas/index.ts';
import { canonicalHost } from '../net/endpoint.ts';
import { readQuoted } from '../quoted.ts';
import { remembered } from '../remembered.ts';

/** An address that means one mailbox to everybody who reads it. */
export interface MailAddress {
  /** As it was given. */
  readonly local: string;
  /** Lower case, ASCII. */
  readonly domain: string;
}

/** Addresses that an entry means. */
export interface AddressPattern {
  readonly text: string;
  /** Lower case; undefined: any. */
  readonly local: string | undefined;
  readonly domain:
    | { readonly kind: 'exact'; readonly domain: string }
    | { readonly kind: 'subdomains'; readonly suffix: string }
    | { readonly kind: 'any' };
}

/**
 * The part before the `@`: dot-atoms of RFC 5322, without what some server reads as a route (`%`, `!`), and no quoted text, comment
 * or group, which readers take apart differently.
 */
const localPattern = /^[A-Za-z0-9#$&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9#$&'*+/=?^_`{|}~-]+)*$/;
/** RFC 5321, 4.5.3.1. */
const maxLocal = 64;
const maxDomain = 255;

/** No encoded word (RFC 2047) either, which some servers decode before they look for the `@`. */
function isLocal(text: string): boolean {
  return localPattern.test(text) && !text.includes('=?');
}

/** Reads one plain address; undefined for whatever else could stand in a header. */
export const parseAddress: (text: string) => MailAddress | undefined = remembered(readAddress);

function readAddress(text: string): MailAddress | undefined {
  const parts = text.split('@');
  const [local = '', name = ''] = parts;
  if (parts.length !== 2 || local.length > maxLocal || !isLocal(local)) return undefined;
  const domain = parseDomain(name);
  return domain === undefined ? undefined : { local, domain };
}

/** A domain with a dot in it or a single name such as `localhost`, in ASCII; no address literal. */
function parseDomain(name: string): string | undefined {
  const domain = canonicalHost(name);
  if (domain === undefined || isIP(domain) !== 0 || domain.length > maxDomain || name.endsWith('.')) return undefined;
  return /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(domain) ? domain : undefined;
}

/** The address as it goes out. */
export function addressText({ local, domain }: MailAddress): string {
  return `${local}@${domain}`;
}

/** Reads a pattern: an address, `*@domain`, `*@*.domain`, or `*`. What came from an expression is never a pattern. */
export function parseAddressPattern(
  marked: string,
): { readonly pattern: AddressPattern } | { readonly problem: string } {
  const { text, quoted } = readQuoted(marked);
  const problem = (why: string): { readonly problem: string } => ({ problem: `\`${text}\` ${why}` });
  const values = quoted.map(({ start, end }) => text.slice(start, end));
  if (values.some((value) => value.includes('*'))) return problem('has a `*` from an input');
  // A whole address may come from an input; what ends the name in the middle of one may not.
  if (values.some((value) => value !== text && value.includes('@'))) return problem('has an `@` from an input');
  if (text === '*') return { pattern: { text, local: undefined, domain: { kind: 'any' } } };
  const parts = text.split('@');
  const [local = '', name = ''] = parts;
  if (parts.length !== 2) return problem('is not an address, `*@domain` or `*`');
  if (local !== '*' && (local.includes('*') || !isLocal(local))) return problem('has no valid name before its `@`');
  const base = { text, local: local === '*' ? undefined : local.toLowerCase() };
  if (name === '*') return { pattern: { ...base, domain: { kind: 'any' } } };
  const isWildcard = name.startsWith('*.');
  const domain = parseDomain(isWildcard ? name.slice(2) : name);
  if (domain === undefined) return problem('has no valid domain');
  return {
    pattern: {
      ...base,
      domain: isWildcard ? { kind: 'subdomains', suffix: `.${domain}` } : { kind: 'exact', domain },
    },
  };
}

/** Whether the pattern means the address. Case makes no difference: hardly a server tells mailboxes apart by it. */
export function matchesAddress({ local, domain }: AddressPattern, address: MailAddress): boolean {
  if (local !== undefined && local !== address.local.toLowerCase()) return false;
  switch (domain.kind) {
    case 'exact':
      return address.domain === domain.domain;
    case 'subdomains':
      return address.domain.endsWith(domain.suffix) && address.domain.length > domain.suffix.length;
    case 'any':
      return true;
    default:
      return assertNever(domain);
  }
}
