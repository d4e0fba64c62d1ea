import { createHash } from 'node:crypto';
import {
  AEAD_AES_256_GCM,
  CipherSuite,
  KDF_HKDF_SHA256,
  KEM_DHKEM_X25519_HKDF_SHA256,
  type Key,
  type KeyPair,
} from 'hpke';
import { invalidKey } from './failures.ts';
import { readKeyFile } from './key-file.ts';

/** HPKE (RFC 9180), base mode. */
export const suite: CipherSuite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM);

/** The public half of a queue's key. The name is made of it, so that both sides have the same and none can be mixed up. */
export interface PublicQueueKey {
  readonly id: string;
  readonly key: Key;
}

/** The private half, together with the public one: without it Node would have to derive that, which it doesn't yet do for good. */
export interface PrivateQueueKey {
  readonly id: string;
  readonly pair: KeyPair;
}

/** A new pair as texts: the public half for the server's settings, the private one for the file on the queue's agents. */
export interface NewQueueKey {
  readonly id: string;
  readonly publicKey: string;
  readonly privateKey: string;
}

const publicPrefix = 'wfqueue1_public_';
const privatePrefix = 'wfqueue1_private_';
const keyDigits = 43;
const publicPattern = new RegExp(`^${publicPrefix}[\\w-]{${keyDigits}}$`);
const privatePattern = new RegExp(`^${privatePrefix}[\\w-]{${keyDigits}}\\.[\\w-]{${keyDigits}}$`);
const idBytes = 6;

/** Makes a pair. */
export async function newQueueKey(): Promise<NewQueueKey> {
  const pair = await suite.GenerateKeyPair(true);
  const publicBytes = await suite.SerializePublicKey(pair.publicKey);
  const publicText = base64url(publicBytes);
  const privateText = base64url(await suite.SerializePrivateKey(pair.privateKey));
  return {
    id: idOf(publicBytes),
    publicKey: publicPrefix + publicText,
    privateKey: `${privatePrefix}${privateText}.${publicText}`,
  };
}

/** Reads the public half. INVALID_INPUT for other texts; `place` is for the message. */
export async function parsePublicKey(text: string, place: string): Promise<PublicQueueKey> {
  if (!publicPattern.test(text)) {
    throw invalidKey(`${place}: this is no public key of a queue`, `One begins with \`${publicPrefix}\`; make a pair.`);
  }
  const bytes = bytesOf(text.slice(publicPrefix.length));
  return { id: idOf(bytes), key: await readable(suite.DeserializePublicKey(bytes), place) };
}

/** Reads the private half. INVALID_INPUT for other texts; `place` is for the message. */
export async function parsePrivateKey(text: string, place: string): Promise<PrivateQueueKey> {
  // Without the text: it may be a key with a slip.
  if (!privatePattern.test(text)) {
    throw invalidKey(
      `${place}: this is no private key of a queue`,
      `One begins with \`${privatePrefix}\`; make a pair.`,
    );
  }
  const [privateText = '', publicText = ''] = text.slice(privatePrefix.length).split('.');
  const publicBytes = bytesOf(publicText);
  const privateKey = await readable(suite.DeserializePrivateKey(bytesOf(privateText)), place);
  const publicKey = await readable(suite.DeserializePublicKey(publicBytes), place);
  return { id: idOf(publicBytes), pair: { privateKey, publicKey } };
}

/** The private keys in an agent's file, one a line, in any order: while keys are changed, the old one and the new one. */
export async function readPrivateKeys(path: string): Promise<readonly PrivateQueueKey[]> {
  const lines = await readKeyFile(path);
  return await Promise.all(lines.map((line, index) => parsePrivateKey(line, `${path}, key ${index + 1}`)));
}

async function readable(key: Promise<Key>, place: string): Promise<Key> {
  try {
    return await key;
  } catch {
    throw invalidKey(`${place}: this key of a queue is damaged`, 'Restore it from a backup, or make a new pair.');
  }
}

function idOf(publicKey: Uint8Array): string {
  return createHash('sha256')
    .update('waterflow queue key ')
    .update(publicKey)
    .digest()
    .subarray(0, idBytes)
    .toString('hex');
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64url'));
}
