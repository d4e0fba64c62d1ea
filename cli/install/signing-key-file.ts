import { readSigningKey, type SigningKey } from '../../runtime/trust/index.ts';
import { readFileBytes } from '../commands/read-file.ts';
import type { Terminal } from '../terminal.ts';
import { inFile } from './open-package-file.ts';

/** Reads a .key file. Throws FILE_NOT_READABLE, and SIGNING_KEY_INVALID, which names the file. */
export async function readKeyFile(terminal: Terminal, file: string): Promise<SigningKey> {
  const bytes = await readFileBytes(terminal, file, 'Name the .key file that `waterflow keys new --signing` wrote.');
  try {
    return readSigningKey(bytes.toString('utf8'), passphraseOf(terminal));
  } catch (cause) {
    throw inFile(cause, file);
  }
}

/** With what key files are encrypted; undefined where they are not. */
export function passphraseOf({ env }: Pick<Terminal, 'env'>): string | undefined {
  const passphrase = env['WATERFLOW_KEY_PASSPHRASE'];
  return passphrase === '' ? undefined : passphrase;
}
