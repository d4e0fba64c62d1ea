import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { AbsolutePath, Digest } from '../../schemas/index.ts';
import { unusedBuild } from '../manifest/built.ts';
import { type PluginFile, pluginInvalid, readPluginFolder } from '../manifest/folder.ts';
import { identifyFiles, withCode } from '../manifest/load.ts';
import { packPlugin } from '../manifest/tarball.ts';
import type { LoadedPlugin } from '../plugin.ts';
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
  /** Paths in the folder that were not packed: what was built for another runtime, or of another `main`. */
  readonly leftOut: readonly string[];
  readonly provenance: PackedFrom;
}

/** What the packer knows of a package, be it of the files that go into it. */
type KnownOfFiles = PackedFrom | ((files: readonly PluginFile[]) => Promise<PackedFrom>);

/**
 * Packs a plugin's folder, without `.git`, `node_modules`, caches, and builds that aren't what runs. The same files and the same `provenance` are the same bytes on
 * every machine. Nothing of the plugin is executed. Throws WaterflowFailure PLUGIN_INVALID where it would not load, and the
 * PACKAGE_ codes for what a package can't hold.
 */
export async function packFolder(
  folder: AbsolutePath,
  { provenance }: { readonly provenance: KnownOfFiles },
): Promise<PackedPackage> {
  const all = readPluginFolder(folder);
  const { identity, leftOut } = await loadWithoutLeftovers(all, folder);
  const sources = all.filter(({ path }) => !leftOut.includes(path));
  if (sources.some(({ path }) => path === recordFile)) {
    throw pluginInvalid(recordFile, 'it is what packing writes; remove it, this folder is an unpacked package');
  }
  checkPaths(sources.map(({ path }) => path));
  requireNothingPrivate(sources);
  const packedFrom = typeof provenance === 'function' ? await provenance(sources) : provenance;
  const files = withRecord(sources, makeRecord(identity, sources, packedFrom));
  const bytes = compress(await packPlugin(files));
  // What nobody could open must not be given away.
  const { digest, manifest } = await openPackage(bytes);
  return { bytes, digest, manifest, files, leftOut, provenance: packedFrom };
}

/** The plugin as it loads from what is packed; nothing of it is executed. */
async function loadWithoutLeftovers(
  files: readonly PluginFile[],
  folder: AbsolutePath,
): Promise<{ readonly identity: LoadedPlugin['identity']; readonly leftOut: readonly string[] }> {
  const known = await identifyFiles(files, folder, { origin: 'local' });
  const { runtime, main } = known.manifest;
  const leftOut =
    runtime === 'control' || main === undefined ? [] : unusedBuild(files, { ...known.manifest, runtime, main });
  const { identity } = await withCode(
    leftOut.length === 0
      ? known
      : await identifyFiles(
          files.filter(({ path }) => !leftOut.includes(path)),
          folder,
          { origin: 'local' },
        ),
  );
  return { identity, leftOut };
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
