import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locked, Lockfile } from '../../schemas/generated/lockfile.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { type AbsolutePath, type Digest, WaterflowFailure } from '../../schemas/index.ts';
import { type PluginFile, readPluginFolder } from '../manifest/folder.ts';
import { manifestFile } from '../manifest/load.ts';
import { readManifest } from '../manifest/read.ts';
import { digestOf } from '../manifest/tarball.ts';
import { askedBy } from './asked.ts';
import { moreThan } from './changes.ts';
import { nameOf } from './lockfile.ts';

/** What lies in a folder of the plugin folder. */
export interface OnDisk {
  readonly manifest: PluginManifest;
  readonly manifestText: string;
  readonly digest: Digest;
}

/**
 * A plugin that is locked or lies in the plugin folder. `approved`: it is there as it was approved; `changed`: it is there, and isn't what
 * was approved; `missing`: it is locked and isn't there; `unlocked`: it is there, and nobody installed it.
 */
export interface Inventoried {
  /** The folder's name. */
  readonly folder: string;
  readonly state: 'approved' | 'changed' | 'missing' | 'unlocked';
  readonly locked?: Locked;
  readonly disk?: OnDisk;
  /** Why what lies there is no plugin. */
  readonly broken?: string;
}

/** All that is locked, and all else that looks like a plugin, by the names of folders. Nothing is executed or changed. */
export async function inventory(pluginFolder: AbsolutePath, lockfile: Lockfile): Promise<readonly Inventoried[]> {
  const locked = new Map(lockfile.plugins.map((each) => [nameOf(each), each]));
  const names = new Set([...locked.keys(), ...pluginsIn(pluginFolder)]);
  const found: Inventoried[] = [];
  // One after another: each may take the memory of the largest.
  for (const name of [...names].sort()) found.push(await inventoried(pluginFolder, name, locked.get(name)));
  return found;
}

/** The digest of what lies under this name; undefined where nothing does, or what does is no plugin. */
export async function digestOnDisk(pluginFolder: AbsolutePath, name: string): Promise<Digest | undefined> {
  const folder = join(pluginFolder, name) as AbsolutePath; // Below an absolute path.
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return undefined;
  const read = await readThere(folder);
  return 'disk' in read ? read.disk.digest : undefined;
}

async function inventoried(pluginFolder: AbsolutePath, name: string, locked: Locked | undefined): Promise<Inventoried> {
  const folder = join(pluginFolder, name) as AbsolutePath; // Below an absolute path.
  const common = { folder: name, ...(locked === undefined ? {} : { locked }) };
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return { ...common, state: 'missing' };
  const read = await readThere(folder);
  if ('broken' in read) return { ...common, state: locked === undefined ? 'unlocked' : 'changed', broken: read.broken };
  const { disk } = read;
  if (locked === undefined) return { ...common, state: 'unlocked', disk };
  const isApproved = disk.digest === locked.digest && moreThan(locked.approved, askedBy(disk.manifest)).length === 0;
  return { ...common, state: isApproved ? 'approved' : 'changed', disk };
}

async function readThere(folder: AbsolutePath): Promise<{ readonly disk: OnDisk } | { readonly broken: string }> {
  try {
    const files = readPluginFolder(folder);
    const manifestText = textOf(files);
    const read = readManifest(manifestText, join(folder, manifestFile));
    if ('errors' in read) return { broken: read.errors[0]?.message ?? 'its manifest is refused' };
    return { disk: { manifest: read.manifest, manifestText, digest: await digestOf(files) } };
  } catch (cause) {
    if (cause instanceof WaterflowFailure) return { broken: cause.error.message };
    throw cause;
  }
}

function textOf(files: readonly PluginFile[]): string {
  return files.find(({ path }) => path === manifestFile)?.bytes.toString('utf8') ?? '';
}

/** As the catalogue finds them: folders with a manifest. */
function pluginsIn(pluginFolder: AbsolutePath): readonly string[] {
  try {
    return readdirSync(pluginFolder).filter((name) => existsSync(join(pluginFolder, name, manifestFile)));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw cause;
  }
}
