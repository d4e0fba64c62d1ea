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
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new WaterflowFailure(
      {
        code: 'STORAGE_FAILED',
        message: `cannot write ${file}: ${why}`,
        remedy: 'Name a folder that exists and that you may write to.',
        file,
      },
      { cause },
    );
  }
}
