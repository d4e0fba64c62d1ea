import { basename } from 'node:path';
import type { PluginFile } from '../manifest/folder.ts';
import { refused } from './refused.ts';

/** Files that programs keep secrets in; what is called `.env.example` is there to be given away. */
const privateNames: readonly RegExp[] = [
  /^\.env(?:\.(?!example$|sample$|template$).+)?$/u,
  /^\.(?:npmrc|netrc|pgpass|git-credentials|pypirc)$/u,
  /^id_(?:rsa|dsa|ecdsa|ed25519)$/u,
];
/** PEM (RFC 7468), and what OpenSSH and Waterflow write in its manner. */
const privateKeyMark = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/u;

/**
 * A package is the whole folder, and what was given away can't be taken back: a key or a password that lies there is never a part of it.
 * Throws WaterflowFailure PACKAGE_PRIVATE_FILE.
 */
export function requireNothingPrivate(files: readonly PluginFile[]): void {
  for (const { path, bytes } of files) {
    if (privateNames.some((name) => name.test(basename(path))))
      throw privateFile(path, 'programs keep secrets in files of that name');
    if (privateKeyMark.test(bytes.toString('latin1'))) throw privateFile(path, 'it holds a private key');
  }
}

function privateFile(path: string, why: string): Error {
  return refused('PACKAGE_PRIVATE_FILE', `${path} would be a part of the package: ${why}`);
}
