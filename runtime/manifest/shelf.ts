import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { type AbsolutePath, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import { manifestFile } from './load.ts';
import { readManifest } from './read.ts';

/** A plugin as its manifest alone describes it; its code is loaded when a step needs it. */
export interface ShelvedPlugin {
  readonly folder: AbsolutePath;
  readonly manifest: PluginManifest;
}

/** What a folder of plugins holds. `broken`: folders that look like a plugin but aren't one, and why. */
export interface Shelf {
  readonly plugins: readonly ShelvedPlugin[];
  readonly broken: readonly { readonly folder: AbsolutePath; readonly errors: readonly WaterflowError[] }[];
}

const maxManifestBytes = 256 * 1024;
const maxReadmeBytes = 1024 * 1024;

/** Reads the manifests in the folders of `folder`; a folder that isn't there holds none. */
export function readShelf(folder: AbsolutePath): Shelf {
  if (!existsSync(folder)) return { plugins: [], broken: [] };
  const plugins: ShelvedPlugin[] = [];
  const broken: Shelf['broken'][number][] = [];
  for (const name of readdirSync(folder).sort()) {
    // join() of a normalized absolute path and a name is one too.
    const candidate = join(folder, name) as AbsolutePath;
    if (!existsSync(join(candidate, manifestFile))) continue;
    const read = readPluginManifest(candidate);
    if ('manifest' in read) plugins.push({ folder: candidate, manifest: read.manifest });
    else broken.push({ folder: candidate, errors: read.errors });
  }
  return { plugins, broken };
}

/** Reads and checks the manifest of one plugin folder, without its code. */
export function readPluginManifest(
  folder: AbsolutePath,
): { readonly manifest: PluginManifest } | { readonly errors: readonly WaterflowError[] } {
  const file = join(folder, manifestFile);
  const read = readOrdinary(file, maxManifestBytes);
  return 'error' in read ? { errors: [read.error] } : readManifest(read.text, file);
}

/** The README.md of a plugin; undefined where it has none. Throws PLUGIN_INVALID where it is no ordinary file, or a large one. */
export function readPluginReadme(folder: AbsolutePath): string | undefined {
  const file = join(folder, 'README.md');
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
  const read = readOrdinary(file, maxReadmeBytes);
  if ('error' in read) throw new WaterflowFailure(read.error);
  return read.text;
}

/** Not what a link leads to: any file of the machine could be a part of what is said of a plugin. */
function readOrdinary(file: string, maxBytes: number): { readonly text: string } | { readonly error: WaterflowError } {
  try {
    const stats = lstatSync(file);
    if (stats.isSymbolicLink()) return { error: unreadable(file, 'it is a symbolic link') };
    if (stats.isFile() && stats.size <= maxBytes) return { text: readFileSync(file, 'utf8') };
    return { error: unreadable(file, `it is no file of at most ${maxBytes} bytes`) };
  } catch (cause) {
    return { error: unreadable(file, cause instanceof Error ? cause.message : String(cause)) };
  }
}

function unreadable(file: string, why: string): WaterflowError {
  return {
    code: 'PLUGIN_INVALID',
    message: `${file} can't be read: ${why}`,
    remedy: 'A plugin is a folder with a plugin.yaml in it.',
    file,
  };
}
