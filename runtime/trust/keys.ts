import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import { refused } from '../packages/refused.ts';
import { isSignersPoint } from './curve-point.ts';

/** Whose signature it is. */
export interface PublicKey {
  /** `ed25519-` and the first 32 hex digits of the SHA-256 of the key's 32 bytes. A name to find it by; nothing is proved by it. */
  readonly id: string;
  /** `ed25519:` and the key's 32 bytes in base64, as in a .pub file. */
  readonly text: string;
  readonly key: KeyObject;
}

/** With what one signs. */
export interface SigningKey {
  readonly publicKey: PublicKey;
  readonly privateKey: KeyObject;
}

const publicPrefix = 'ed25519:';
const publicKeyBytes = 32;

/** A new ed25519 key. */
export function createSigningKey(): SigningKey {
  return signingKey(generateKeyPairSync('ed25519').privateKey);
}

/** What a .key file holds: PEM, PKCS #8, and where there is a passphrase, encrypted by it (PBES2: PBKDF2, AES-256-CBC). */
export function privateKeyText({ privateKey }: SigningKey, passphrase: string | undefined): string {
  const form = { type: 'pkcs8', format: 'pem' } as const;
  const text = privateKey.export(passphrase === undefined ? form : { ...form, cipher: 'aes-256-cbc', passphrase });
  return text.toString();
}

/** Reads a .key file. Throws SIGNING_KEY_INVALID: no such key, another kind, or a wrong or missing passphrase. */
export function readSigningKey(text: string, passphrase: string | undefined): SigningKey {
  if (isEncrypted(text) && passphrase === undefined) {
    throw refused(
      'SIGNING_KEY_INVALID',
      'the key is encrypted, and there is no passphrase in WATERFLOW_KEY_PASSPHRASE',
    );
  }
  try {
    const key = createPrivateKey({ key: text, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) });
    if (key.asymmetricKeyType === 'ed25519') return signingKey(key);
  } catch (cause) {
    // OpenSSL's own message names neither the file nor what to do, and says the same of each mistake.
    throw refused('SIGNING_KEY_INVALID', 'it is no private key, or another passphrase opens it', cause);
  }
  throw refused('SIGNING_KEY_INVALID', 'it is a key of another kind than ed25519');
}

/** Whether what a .key file holds is of no use without a passphrase. */
export function isEncrypted(text: string): boolean {
  return text.includes('BEGIN ENCRYPTED PRIVATE KEY');
}

/** Reads what a .pub file, or `key:` in a trust policy, says. Throws SIGNING_KEY_INVALID. */
export function readPublicKey(text: string): PublicKey {
  const trimmed = text.trim();
  const encoded = trimmed.startsWith(publicPrefix) ? trimmed.slice(publicPrefix.length) : '';
  const bytes = Buffer.from(encoded, 'base64');
  // One key, one text.
  if (bytes.length !== publicKeyBytes || bytes.toString('base64') !== encoded) {
    throw refused('SIGNING_KEY_INVALID', 'a public key is `ed25519:` and 44 characters of base64');
  }
  if (!isSignersPoint(bytes)) {
    throw refused(
      'SIGNING_KEY_INVALID',
      'no signer can have this public key: it is no point of the curve, or a weak one',
    );
  }
  return publicKeyOf(bytes);
}

function signingKey(privateKey: KeyObject): SigningKey {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { privateKey, publicKey: publicKeyOf(Buffer.from(x, 'base64url')) };
}

function publicKeyOf(bytes: Buffer): PublicKey {
  return {
    id: `ed25519-${hash('sha256', bytes).slice(0, 32)}`,
    text: `${publicPrefix}${bytes.toString('base64')}`,
    key: createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') } }),
  };
}
