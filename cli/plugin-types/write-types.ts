import { readPluginManifest } from '../../runtime/manifest/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { differingFiles, writeBuild } from '../plugin-build/write-build.ts';
import { plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { staleTypes, typeFiles, typesFolder } from './type-files.ts';

/** Writes the types of a plugin where they are not what its manifest says; gives the paths of all. Throws WaterflowFailure STORAGE_FAILED. */
export function writeTypes(folder: AbsolutePath, manifest: PluginManifest): readonly string[] {
  const files = typeFiles(manifest);
  const different = differingFiles(folder, files);
  writeBuild(folder, new Map([...files].filter(([path]) => different.includes(path))));
  return [...files.keys()];
}

/**
 * Makes the types of a plugin that has some what its manifest says, and tells of it. Where they can't be written, that is told, too: nothing that
 * runs goes by them.
 */
export function refreshTypes({ stderr }: Pick<Terminal, 'stderr'>, folder: AbsolutePath): void {
  const read = readPluginManifest(folder);
  // Whoever called says what is wrong with it.
  if ('errors' in read) return;
  const stale = staleTypes(folder, read.manifest);
  if (stale.length === 0) return;
  const names = stale.map((path) => path.slice(typesFolder.length + 1)).join(', ');
  try {
    writeTypes(folder, read.manifest);
    stderr.write(`${plainLine(`note: ${typesFolder} follows plugin.yaml again: ${names}`)}\n`);
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    stderr.write(`${plainLine(`note: ${typesFolder} is not what plugin.yaml says: ${cause.message}`)}\n`);
  }
}
