import { sign, verify } from 'node:crypto';
import type { Json } from '../../schemas/index.ts';
import { canonicalJson } from './canonical-json.ts';
import type { PublicKey, SigningKey } from './keys.ts';

/** What a signature is for, so that one for a package can't be shown as one for anything else. Each has one line. */
export type Purpose = `waterflow/${string}/${number}`;

/** The ed25519 signature (RFC 8032) over the purpose, a line feed and the canonical JSON of the value; in base64. */
export function signJson(purpose: Purpose, value: Json, { privateKey }: SigningKey): string {
  return sign(null, messageOf(purpose, value), privateKey).toString('base64');
}

/** What is to be verified. */
export interface SignedJson {
  readonly purpose: Purpose;
  readonly value: Json;
  /** In base64. */
  readonly signature: string;
}

/** Whether the key made that signature over this value, for this purpose. */
export function verifyJson({ purpose, value, signature }: SignedJson, { key }: PublicKey): boolean {
  const bytes = Buffer.from(signature, 'base64');
  // One signature, one text: the last character of base64 has bits that no byte takes up.
  return bytes.toString('base64') === signature && verify(null, messageOf(purpose, value), key, bytes);
}

function messageOf(purpose: Purpose, value: Json): Buffer {
  if (purpose.includes('\n')) throw new TypeError('a purpose has one line');
  return Buffer.from(`${purpose}\n${canonicalJson(value)}`);
}
