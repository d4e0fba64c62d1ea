import { open } from 'node:fs/promises';
import { WaterflowFailure } from '../../../schemas/index.ts';
import { invalidKey } from './failures.ts';

/** Bits of a mode that let anybody but the owner in. */
const othersMask = 0o077;
const ownerOnly = 0o600;
/** Bits of a mode that let the group do more than read, or others in at all. */
const beyondGroupMask = 0o037;

/** Keys of a text, one a line; empty lines and those that begin with `#` are left out. Commas separate, too, for environment variables. */
export function keyLines(text: string): readonly string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * The keys in a file. FILE_NOT_READABLE where it can't be read; INVALID_INPUT where others than its owner may read or write it. Where root hands a
 * file to a user who isn't root, as systemd does with credentials and Kubernetes with secrets, that user's group may read it.
 */
export async function readKeyFile(path: string): Promise<readonly string[]> {
  try {
    await using file = await open(path);
    const { mode, uid } = await file.stat();
    const isHandedDown = uid === 0 && process.getuid?.() !== 0;
    if ((mode & (isHandedDown ? beyondGroupMask : othersMask)) !== 0) {
      throw invalidKey(`others than its owner may use the file of keys ${path}`, `chmod 600 ${path}`);
    }
    return keyLines(await file.readFile('utf8'));
  } catch (cause) {
    if (cause instanceof WaterflowFailure) throw cause;
    throw unusable(path, cause);
  }
}

/** Writes keys into a new file for its owner's eyes only, durably. INVALID_INPUT where there is a file already: a key is never replaced. */
export async function writeKeyFile(path: string, lines: readonly string[]): Promise<void> {
  try {
    await using file = await open(path, 'wx', ownerOnly);
    await file.writeFile(`${lines.join('\n')}\n`);
    await file.sync();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw invalidKey(`there is a file ${path} already`, 'Name another one; a key that is in use must not get lost.');
    }
    throw unusable(path, cause);
  }
}

function unusable(path: string, cause: unknown): WaterflowFailure {
  // Node's errors of files have a code.
  const { code } = cause as NodeJS.ErrnoException;
  return new WaterflowFailure(
    {
      code: 'FILE_NOT_READABLE',
      message: `the file of keys ${path} can't be used: ${code ?? 'unknown reason'}`,
      remedy: 'Check the path, and that the user of this process owns the file.',
    },
    { cause },
  );
}
