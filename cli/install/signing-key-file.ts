import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isEncrypted, readSigningKey, type SigningKey } from '../../runtime/trust/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { readFileBytes } from '../commands/read-file.ts';
import type { Terminal } from '../terminal.ts';
import { inFile } from './open-package-file.ts';

/**
 * Reads a .key file, which nobody else may be able to read where it isn't encrypted. Throws FILE_NOT_READABLE, and
 * SIGNING_KEY_INVALID, which names the file.
 */
export async function readKeyFile(terminal: Terminal, file: string): Promise<SigningKey> {
  const bytes = await readFileBytes(terminal, file, 'Name the .key file that `waterflow keys new --signing` wrote.');
  const text = bytes.toString('utf8');
  try {
    const key = readSigningKey(text, passphraseOf(terminal));
    if (!isEncrypted(text)) await requirePrivate(resolve(terminal.cwd, file), file);
    return key;
  } catch (cause) {
    throw inFile(cause, file);
  }
}

async function requirePrivate(path: string, file: string): Promise<void> {
  const { mode } = await stat(path);
  // Windows has no such bits, and Node says all of them there.
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  throw new WaterflowFailure({
    code: 'SIGNING_KEY_INVALID',
    message: 'the key is not encrypted, and other users of this machine may read it',
    remedy: `Keep it for yourself: chmod 600 ${file}. If anybody may have read it, make a new one, and have this one revoked.`,
    file,
  });
}

/** With what key files are encrypted; undefined where they are not. */
export function passphraseOf({ env }: Pick<Terminal, 'env'>): string | undefined {
  const passphrase = env['WATERFLOW_KEY_PASSPHRASE'];
  return passphrase === '' ? undefined : passphrase;
}
