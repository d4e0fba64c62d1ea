import { createHash } from 'node:crypto';
import { type ArchiveEntry, type ArchiveForm, textEntry, writeArchive } from './archive.ts';
import { type BundleManifest, type BundlePart, bundleFolder, manifestFile, type PartKind } from './bundle-manifest.ts';
import { digestOfFile, signatureFile, signSums, sumsFile, sumsText } from './sums.ts';
import type { SigningKey } from '../../runtime/trust/index.ts';

/** A file that goes into a bundle. */
export interface BundleEntry {
  readonly kind: PartKind;
  readonly entry: ArchiveEntry;
}

/** What is made. */
export interface BundleOrder {
  readonly version: string;
  readonly entries: readonly BundleEntry[];
  readonly key: SigningKey;
  readonly file: string;
  /** What all entries say of their last change, so that a bundle can be made again. */
  readonly time: Date;
  readonly compression: ArchiveForm['compression'];
}

/** Writes a bundle, which the same parts and the same key make the same. Gives its manifest. */
export async function makeBundle(order: BundleOrder): Promise<BundleManifest> {
  const { version, key, file, time, compression } = order;
  const sorted = order.entries.toSorted((left, right) => (left.entry.path < right.entry.path ? -1 : 1));
  const manifest: BundleManifest = { format: 'waterflow-bundle/1', version, parts: sorted.map(partOf) };
  const entries = [
    ...sorted.map(({ entry }) => entry),
    textEntry(manifestFile, `${JSON.stringify(manifest, undefined, 2)}\n`),
  ];
  const sums = new Map<string, string>();
  for (const { path, content } of entries) sums.set(path, await digestOf(content));
  const text = sumsText(sums);
  const signature: ArchiveEntry = {
    path: signatureFile,
    executable: false,
    content: { bytes: signSums(text, key) },
  };
  const folder = bundleFolder(version);
  await writeArchive(file, [...entries, textEntry(sumsFile, text), signature], { folder, time, compression });
  return manifest;
}

function partOf({ kind, entry }: BundleEntry): BundlePart {
  const { path, executable, content } = entry;
  if ('target' in content) throw new Error(`${path} is a link, and a bundle holds files alone`);
  return { path, kind, size: 'bytes' in content ? content.bytes.length : content.size, executable };
}

async function digestOf(content: ArchiveEntry['content']): Promise<string> {
  if ('file' in content) return await digestOfFile(content.file);
  return createHash('sha256')
    .update('bytes' in content ? content.bytes : content.target)
    .digest('hex');
}
