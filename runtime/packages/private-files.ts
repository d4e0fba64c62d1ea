import { createPrivateKey } from 'node:crypto';
import type { PluginFile } from '../manifest/folder.ts';
import { refused } from './refused.ts';

/** Files that programs keep secrets in; what is called `.env.example` is there to be given away. */
const privateNames: readonly RegExp[] = [
  /(?:^|\/)\.env(?:\.(?!example$|sample$|template$)[^/]+)?$/iu,
  /(?:^|\/)(?:\.(?:npmrc|netrc|pgpass|git-credentials|pypirc)|_netrc)$/iu,
  /(?:^|\/)id_(?:rsa|dsa|ecdsa|ed25519)$/iu,
  /(?:^|\/)(?:\.aws\/credentials|\.docker\/config\.json|\.kube\/config)$/iu,
  /\.(?:p12|pfx|jks|keystore)$/iu,
];
/** PEM (RFC 7468), and what OpenSSH and Waterflow write in its manner. */
const privateKeyMark = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/u;

/**
 * A package is the whole folder, and what was given away can't be taken back: a key or a password that lies there is never a part of it.
 * Throws WaterflowFailure PACKAGE_PRIVATE_FILE.
 */
export function requireNothingPrivate(files: readonly PluginFile[]): void {
  for (const { path, bytes } of files) {
    if (privateNames.some((name) => name.test(path)))
      throw privateFile(path, 'programs keep secrets in files of that name');
    if (privateKeyMark.test(bytes.toString('latin1')) || isBinaryKey(bytes))
      throw privateFile(path, 'it holds a private key');
  }
}

/** Longer ones are no keys. */
const longestKeyBytes = 16 * 1024;
/** With which every key in DER begins: a SEQUENCE. */
const derSequence = 0x30;

/** A private key without PEM around it: PKCS #8, PKCS #1 or SEC 1 in DER, that no passphrase protects. */
function isBinaryKey(bytes: Buffer): boolean {
  if (bytes[0] !== derSequence || bytes.length > longestKeyBytes) return false;
  return (['pkcs8', 'pkcs1', 'sec1'] as const).some((type) => {
    try {
      return createPrivateKey({ key: bytes, format: 'der', type }).type === 'private';
    } catch {
      return false;
    }
  });
}

function privateFile(path: string, why: string): Error {
  return refused('PACKAGE_PRIVATE_FILE', `${path} would be a part of the package: ${why}`);
}
