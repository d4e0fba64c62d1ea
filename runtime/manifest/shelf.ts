import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { type AbsolutePath, type PluginIdentity, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import { pluginInvalid } from './folder.ts';
import { firstOf, manifestFile } from './load.ts';
import { readRemembered } from './remembered-manifest.ts';

/** A plugin as its manifest alone describes it; its code is loaded when a step needs it. */
export interface ShelvedPlugin {
  readonly folder: AbsolutePath;
  /** The manifest's. */
  readonly name: string;
  readonly manifest: PluginManifest;
}

/** What a folder of plugins holds. `broken`: folders that look like a plugin but aren't one, and why. */
export interface Shelf {
  /** The folder of installed plugins, whether it is there or not. Absent: there is to be none. */
  readonly searched?: AbsolutePath;
  readonly plugins: readonly ShelvedPlugin[];
  readonly broken: readonly { readonly folder: AbsolutePath; readonly errors: readonly WaterflowError[] }[];
}

/**
 * Why a plugin isn't taken; undefined where nothing is against it. Asked of each by its place and its manifest, and again with `identity`
 * once its bytes are known.
 */
export type RefusePlugin = (
  plugin: Pick<ShelvedPlugin, 'folder' | 'manifest'> & { readonly identity?: PluginIdentity },
) => WaterflowError | undefined;

/** Within a plugin folder: where what is being installed lies, or was cut off. Its owner alone may look. */
export const stagingName = '.staging';

const maxManifestBytes = 256 * 1024;
const maxReadmeBytes = 1024 * 1024;

/** Reads the manifests in the folders of `folder`; a folder that isn't there holds none. Throws STORAGE_FAILED where it can't be read. */
export function readShelf(folder: AbsolutePath): Shelf {
  const plugins: ShelvedPlugin[] = [];
  const broken: Shelf['broken'][number][] = [];
  for (const name of namesIn(folder)) {
    if (name === stagingName) continue;
    // join() of a normalized absolute path and a name is one too.
    const candidate = join(folder, name) as AbsolutePath;
    const manifest = presenceOf(join(candidate, manifestFile));
    if (manifest === 'absent') continue;
    const read = isLink(candidate)
      ? { errors: [unreadable(candidate, 'it is a symbolic link')] }
      : readPluginManifest(candidate);
    if ('manifest' in read) plugins.push(shelvedAs(candidate, read.manifest));
    else broken.push({ folder: candidate, errors: read.errors });
  }
  return { plugins, broken };
}

/**
 * The nodes that come with Waterflow, each in a folder of its name. A manifest is read when it is first asked for: most commands need
 * one or two, and to check all of them takes longer than the rest of such a command. One that is broken then throws PLUGIN_INVALID.
 */
export function readBuiltInShelf(folder: AbsolutePath): readonly ShelvedPlugin[] {
  return namesIn(folder).flatMap((name) => {
    // join() of a normalized absolute path and a name is one too.
    const place = join(folder, name) as AbsolutePath;
    return presenceOf(join(place, manifestFile)) === 'present' ? [new BuiltInPlugin(place, name)] : [];
  });
}

class BuiltInPlugin implements ShelvedPlugin {
  readonly folder: AbsolutePath;
  readonly name: string;
  #manifest: PluginManifest | undefined;

  constructor(folder: AbsolutePath, name: string) {
    this.folder = folder;
    this.name = name;
  }

  get manifest(): PluginManifest {
    this.#manifest ??= this.#read();
    return this.#manifest;
  }

  #read(): PluginManifest {
    const read = readPluginManifest(this.folder);
    if ('errors' in read) throw new WaterflowFailure(firstOf(read.errors));
    if (read.manifest.name === this.name) return read.manifest;
    throw pluginInvalid(join(this.folder, manifestFile), `\`name\` must be ${this.name}, as its folder is called`);
  }
}

/** A plugin in that folder. */
export function shelvedAs(folder: AbsolutePath, manifest: PluginManifest): ShelvedPlugin {
  return { folder, name: manifest.name, manifest };
}

/** What was refused isn't there, nor is it broken: what was there before is. */
export function withKept(
  { plugins, broken }: Shelf,
  kept: readonly Pick<ShelvedPlugin, 'folder' | 'manifest'>[],
): Shelf {
  const folders = new Set<string>(kept.map(({ folder }) => folder));
  const isOther = ({ folder }: { readonly folder: AbsolutePath }): boolean => !folders.has(folder);
  return {
    plugins: [...plugins.filter(isOther), ...kept.map(({ folder, manifest }) => shelvedAs(folder, manifest))],
    broken: broken.filter(isOther),
  };
}

/** Without what is refused by its place and manifest alone. */
export function withoutRefused({ plugins, broken }: Shelf, refused: RefusePlugin = () => undefined): Shelf {
  const judged = plugins.map((plugin) => ({ plugin, error: refused(plugin) }));
  return {
    plugins: judged.flatMap(({ plugin, error }) => (error === undefined ? [plugin] : [])),
    broken: [
      ...broken,
      ...judged.flatMap(({ plugin: { folder }, error }) => (error === undefined ? [] : [{ folder, errors: [error] }])),
    ],
  };
}

/** One folder for each version of a plugin: the first of `earlier`, else the first by name. */
export function withoutTwins({ plugins, broken }: Shelf, earlier: readonly AbsolutePath[]): Shelf {
  const before = new Set<string>(earlier);
  const taken = new Map<string, ShelvedPlugin>();
  for (const plugin of [...plugins].sort((one, other) => rankOf(one, before) - rankOf(other, before))) {
    const key = keyOf(plugin);
    if (!taken.has(key)) taken.set(key, plugin);
  }
  const twins = plugins.flatMap((plugin) => {
    const first = taken.get(keyOf(plugin));
    return first === undefined || first === plugin ? [] : [{ folder: plugin.folder, errors: [twinOf(first, plugin)] }];
  });
  return { plugins: plugins.filter((plugin) => taken.get(keyOf(plugin)) === plugin), broken: [...broken, ...twins] };
}

function keyOf({ manifest: { name, version } }: ShelvedPlugin): string {
  return `${name}@${version}`;
}

/** Sorting keeps the order of what is equal. */
function rankOf({ folder }: ShelvedPlugin, before: ReadonlySet<string>): number {
  return before.has(folder) ? 0 : 1;
}

function twinOf(first: ShelvedPlugin, { folder, manifest: { name, version } }: ShelvedPlugin): WaterflowError {
  return {
    code: 'PLUGIN_INVALID',
    message: `${folder} holds ${name}@${version}, and so does ${first.folder}`,
    remedy: 'Remove one of the two folders, or give the plugin another version.',
    file: join(folder, manifestFile),
  };
}

/** `unknown`: there may be something, and nobody here can look. */
function presenceOf(file: string): 'present' | 'absent' | 'unknown' {
  try {
    return statSync(file, { throwIfNoEntry: false }) === undefined ? 'absent' : 'present';
  } catch (cause) {
    // A file in the place of a folder holds none.
    return cause instanceof Error && 'code' in cause && cause.code === 'ENOTDIR' ? 'absent' : 'unknown';
  }
}

function namesIn(folder: AbsolutePath): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (cause) {
    // node:fs throws nothing else.
    const { code, message: reason } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    const message = `the plugin folder ${folder} can't be read: ${reason}`;
    const remedy = 'Make it a folder that this user may read, or name another one: PLUGIN_DIR.';
    throw new WaterflowFailure({ code: 'STORAGE_FAILED', message, remedy, file: folder }, { cause });
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Reads and checks the manifest of one plugin folder, without its code. */
export function readPluginManifest(
  folder: AbsolutePath,
): { readonly manifest: PluginManifest } | { readonly errors: readonly WaterflowError[] } {
  const file = join(folder, manifestFile);
  const read = readOrdinary(file, maxManifestBytes);
  return 'error' in read ? { errors: [read.error] } : readRemembered(read.text, file);
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
