import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { PackageRecord } from '../../schemas/generated/package-record.ts';
import { type Digest, WaterflowFailure } from '../../schemas/index.ts';
import { type PluginFile, pluginInvalid } from '../manifest/folder.ts';
import { firstOf, manifestFile } from '../manifest/load.ts';
import { readManifest } from '../manifest/read.ts';
import { decompress, requireOwnHeader } from './gzip.ts';
import { readRecord, recordFile } from './record.ts';
import { refused } from './refused.ts';
import { readTarball, requireCanonical } from './tarball.ts';

/** A package that is whole and in order. Who made it is another question: that is what signatures are for. */
export interface OpenedPackage {
  readonly manifest: PluginManifest;
  /** plugin.yaml, as it is in the package. */
  readonly manifestText: string;
  /** That of the tarball, and so of the folder that holds exactly `files`. */
  readonly digest: Digest;
  /** All that it holds, its record included, sorted by path. */
  readonly files: readonly PluginFile[];
  readonly record: PackageRecord;
}

/**
 * Reads the bytes of a package file, and trusts none of them: all is bounded before memory is spent, and anything that packing
 * would not have made is refused. Nothing is written or executed. Throws WaterflowFailure with a PACKAGE_ code for what is wrong
 * with the package, PLUGIN_INVALID for what is wrong with its manifest.
 */
export async function openPackage(bytes: Buffer): Promise<OpenedPackage> {
  const tarball = decompress(bytes);
  const read = readTarball(tarball);
  const { files } = read;
  const record = readRecord(files);
  const { manifest, text } = manifestIn(files);
  if (record.name !== manifest.name || record.version !== manifest.version) {
    throw refused('PACKAGE_RECORD_INVALID', `${recordFile} has another name or version than ${manifestFile}`);
  }
  await requireCanonical(tarball, read);
  requireOwnHeader(bytes);
  // This is the definition of a Digest: see digestOf().
  const digest = `sha256:${hash('sha256', tarball)}` as Digest;
  return { manifest, manifestText: text, digest, files, record };
}

function manifestIn(files: readonly PluginFile[]): { readonly manifest: PluginManifest; readonly text: string } {
  const file = files.find(({ path }) => path === manifestFile);
  if (file === undefined) throw pluginInvalid(manifestFile, 'there is none in the package');
  if (!isUtf8(file.bytes)) throw pluginInvalid(manifestFile, 'it is not UTF-8 text');
  const text = file.bytes.toString('utf8');
  const read = readManifest(text, manifestFile);
  if ('errors' in read) throw new WaterflowFailure(firstOf(read.errors));
  if (read.manifest.runtime === 'control') {
    throw pluginInvalid(manifestFile, '`runtime: control` is for nodes that the machine carries out itself');
  }
  return { manifest: read.manifest, text };
}
