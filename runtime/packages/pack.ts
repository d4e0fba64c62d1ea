import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { AbsolutePath, Digest } from '../../schemas/index.ts';
import { type PluginFile, pluginInvalid, readPluginFolder } from '../manifest/folder.ts';
import { loadPlugin } from '../manifest/load.ts';
import { packPlugin } from '../manifest/tarball.ts';
import { compress } from './gzip.ts';
import { openPackage } from './open.ts';
import { checkPaths } from './paths.ts';
import { requireNothingPrivate } from './private-files.ts';
import { makeRecord, type PackedFrom, recordFile } from './record.ts';

/** A package that was just made, and what {@link openPackage} says of it. */
export interface PackedPackage {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly manifest: PluginManifest;
  readonly files: readonly PluginFile[];
}

/**
 * Packs a plugin's folder, without `.git` and `node_modules`. The same files and the same `provenance` are the same bytes on
 * every machine. Nothing of the plugin is executed. Throws WaterflowFailure PLUGIN_INVALID where it would not load, and the
 * PACKAGE_ codes for what a package can't hold.
 */
export async function packFolder(
  folder: AbsolutePath,
  { provenance }: { readonly provenance: PackedFrom },
): Promise<PackedPackage> {
  const { identity } = await loadPlugin(folder, { origin: 'local' });
  const sources = readPluginFolder(folder);
  if (sources.some(({ path }) => path === recordFile)) {
    throw pluginInvalid(recordFile, 'it is what packing writes; remove it, this folder is an unpacked package');
  }
  checkPaths(sources.map(({ path }) => path));
  requireNothingPrivate(sources);
  const files = withRecord(sources, makeRecord(identity, sources, provenance));
  const bytes = compress(await packPlugin(files));
  // What nobody could open must not be given away.
  const { digest, manifest } = await openPackage(bytes);
  return { bytes, digest, manifest, files };
}

/** Paths are ASCII, so that code units sort as bytes do. */
function withRecord(files: readonly PluginFile[], record: PluginFile): readonly PluginFile[] {
  const after = files.findIndex(({ path }) => path > record.path);
  const at = after === -1 ? files.length : after;
  return [...files.slice(0, at), record, ...files.slice(at)];
}

/** The file name of a package. */
export function packageFileName({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}-${version}.tgz`;
}
