import { lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFile } from '../../runtime/durable-file.ts';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';

/**
 * Writes what was built into the plugin's folder, the last file last: each is there whole or not at all. A link among the
 * folders on the way isn't followed. Throws WaterflowFailure STORAGE_FAILED.
 */
export function writeBuild(folder: AbsolutePath, files: ReadonlyMap<string, Uint8Array>): void {
  for (const [path, bytes] of files) {
    const file = join(folder, path);
    try {
      makeFolders(folder, dirname(path));
      replaceFile(file, bytes, { mode: 0o644 });
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      throw new WaterflowFailure(
        {
          code: 'STORAGE_FAILED',
          message: `cannot write ${path}: ${cause.message}`,
          remedy: 'See that the folder of the plugin can be written to, and that no link is in the way.',
          file,
        },
        { cause },
      );
    }
  }
}

/** The paths of the files whose content in the folder is another one, or that are missing there. */
export function differingFiles(folder: AbsolutePath, files: ReadonlyMap<string, Uint8Array>): readonly string[] {
  return [...files].filter(([path, bytes]) => !isSame(join(folder, path), bytes)).map(([path]) => path);
}

function isSame(file: string, bytes: Uint8Array): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats?.isFile() === true && readFileSync(file).equals(bytes);
}

function makeFolders(root: string, path: string): void {
  let folder = root;
  for (const name of path.split('/').filter((each) => each !== '.')) {
    folder = join(folder, name);
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (stats === undefined) mkdirSync(folder);
    else if (!stats.isDirectory()) throw new Error(`${folder} is no folder`);
  }
}
