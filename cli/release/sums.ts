import { createHash, sign, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { PublicKey, SigningKey } from '../../runtime/trust/index.ts';

/** The file of a release that has the digests of all others. */
export const sumsFile = 'SHA256SUMS';
/** Its signature: the 64 bytes of ed25519, as `openssl pkeyutl` takes them. */
export const signatureFile = 'SHA256SUMS.sig';

/** Names of files and their SHA-256 in hex, as `sha256sum` writes and checks them; by name. */
export function sumsText(sums: ReadonlyMap<string, string>): string {
  const names = [...sums.keys()].toSorted();
  return names.map((name) => `${sums.get(name)}  ${name}\n`).join('');
}

/** Reads what {@link sumsText} wrote; undefined where it is nothing of that kind. */
export function readSums(text: string): ReadonlyMap<string, string> | undefined {
  const sums = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, digest, name] = /^([0-9a-f]{64}) {2}([^\0\r\n]+)$/u.exec(line) ?? [];
    if (digest === undefined || name === undefined || !isPlainPath(name) || sums.has(name)) return undefined;
    sums.set(name, digest);
  }
  return sumsText(sums) === text ? sums : undefined;
}

/** Whether a path stays in its folder, in one spelling. */
function isPlainPath(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !path.includes('\\');
}

/** Signs the text of {@link sumsText}. It begins with a digest, so that it can't be taken for anything else that such keys sign. */
export function signSums(text: string, { privateKey }: SigningKey): Buffer {
  return sign(null, Buffer.from(text), privateKey);
}

/** Whether the key signed exactly this text. */
export function isSignedBy(text: string, signature: Uint8Array, { key }: PublicKey): boolean {
  return verify(null, Buffer.from(text), key, signature);
}

/** The SHA-256 of a file, in hex, whatever its size. */
export async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
