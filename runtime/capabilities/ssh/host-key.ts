import { createHash } from 'node:crypto';
import type { Json } from '../../../schemas/index.ts';
import { readQuoted } from '../quoted.ts';

/** A host key that an entry accepts: its fingerprint, and its type where the whole key is given. */
export interface HostPin {
  /** SHA-256 in base64 without padding, as OpenSSH prints it after `SHA256:`. */
  readonly fingerprint: string;
  readonly type: HostKeyType | undefined;
}

type HostKeyType = (typeof hostKeyTypes)[number];

/** Of host keys, best first. SHA-1 signatures of RSA keys (`ssh-rsa` as an algorithm) and DSA are not among them. */
const hostKeyTypes = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
] as const;

/** Reads an entry's `host-key`: one pin or a list of them; none where it has none. */
export function parseHostPins(
  value: Json | undefined,
): { readonly pins: readonly HostPin[] } | { readonly problem: string } {
  const texts = value === undefined ? [] : Array.isArray(value) ? value : [value];
  const pins: HostPin[] = [];
  for (const marked of texts) {
    const { text } = readQuoted(typeof marked === 'string' ? marked : '');
    const pin = parsePin(text.trim());
    if (pin === undefined) {
      return {
        problem: `\`host-key\`: \`${text}\` is neither \`SHA256:\` and a fingerprint nor a public key such as \`ssh-ed25519 AAAA…\``,
      };
    }
    pins.push(pin);
  }
  return { pins };
}

function parsePin(text: string): HostPin | undefined {
  const [, fingerprint] = /^SHA256:([A-Za-z0-9+/]{43})=?$/.exec(text) ?? [];
  if (fingerprint !== undefined) return { fingerprint, type: undefined };
  const [, name, base64] = /^([a-z0-9-]+) +([A-Za-z0-9+/]+={0,2})(?: [^\r\n]*)?$/.exec(text) ?? [];
  const type = hostKeyTypes.find((candidate) => candidate === name);
  if (type === undefined || base64 === undefined) return undefined;
  const key = Buffer.from(base64, 'base64');
  // RFC 4253, 6.6: a key begins with the length and name of its type.
  const named = key.length > 4 + type.length && key.readUInt32BE(0) === type.length;
  if (!named || key.toString('latin1', 4, 4 + type.length) !== type) return undefined;
  return { fingerprint: fingerprintOf(key), type };
}

/** As OpenSSH prints it, without `SHA256:`. */
export function fingerprintOf(key: Buffer): string {
  return createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
}

/** Whether every layer that pins host keys accepts this one; none that pins accepts nothing. */
export function acceptsHostKey(pins: readonly (readonly HostPin[])[], key: Buffer): boolean {
  const fingerprint = fingerprintOf(key);
  return pins.length > 0 && pins.every((accepted) => accepted.some((pin) => pin.fingerprint === fingerprint));
}

/** The algorithms to ask for: those of the keys that are pinned whole, else all of them. */
export function hostKeyAlgorithms(pins: readonly (readonly HostPin[])[]): HostKeyAlgorithm[] {
  const whole = pins.find((accepted) => accepted.every(({ type }) => type !== undefined));
  const types = hostKeyTypes.filter((type) => whole === undefined || whole.some((pin) => pin.type === type));
  return types.flatMap((type): HostKeyAlgorithm[] => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type]));
}

type HostKeyAlgorithm = Exclude<HostKeyType, 'ssh-rsa'> | 'rsa-sha2-512' | 'rsa-sha2-256';
