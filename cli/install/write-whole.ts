import { mkdirSync } from 'node:fs';
import { replaceFile } from '../../runtime/durable-file.ts';
import { WaterflowFailure } from '../../schemas/index.ts';

/**
 * Writes a file so that it is there whole, or as it was before. `mode` holds whatever the umask is. Throws WaterflowFailure
 * STORAGE_FAILED.
 */
export function writeWhole(file: string, content: string | Uint8Array, options: { readonly mode: number }): void {
  try {
    replaceFile(file, content, options);
  } catch (cause) {
    throw notWritten(`cannot write ${file}`, {
      file,
      cause,
      remedy: 'Name a folder that exists and that you may write to.',
    });
  }
}

/** Makes a folder that an option names, and those above it, where they aren't there. Throws WaterflowFailure STORAGE_FAILED. */
export function makeNamedFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    const remedy = 'Name another folder, or one above which you may write.';
    throw notWritten(`cannot make the folder ${folder}`, { file: folder, cause, remedy });
  }
}

/** A STORAGE_FAILED failure that says in words why a file or folder can't be made. */
export function notWritten(
  what: string,
  { file, cause, remedy }: { readonly file: string; readonly cause: unknown; readonly remedy: string },
): WaterflowFailure {
  const message = `${what}: ${reasonOf(cause)}`;
  return new WaterflowFailure({ code: 'STORAGE_FAILED', message, remedy, file }, { cause });
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  switch ('code' in cause ? cause.code : undefined) {
    case 'ENOENT':
      return 'its folder is not there';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a file is where a folder should be';
    case 'EISDIR':
      return 'a folder is where the file should be';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write there';
    case 'EROFS':
      return 'nothing can be written there';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'there is no room left';
    default:
      return cause.message;
  }
}
