import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract, type pack } from 'tar-stream';
import type { PublicKey } from '../../runtime/trust/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { type ArchiveForm, compressionOf } from './archive.ts';
import { type BundleManifest, bundleFolder, bundleInvalid, manifestFile, readManifest } from './bundle-manifest.ts';
import { isSignedBy, readSums, signatureFile, sumsFile } from './sums.ts';

/** A bundle of which every byte is what one of the given keys signed. */
export interface VerifiedBundle {
  readonly manifest: BundleManifest;
  readonly signer: PublicKey;
  /** SHA-256 in hex, by path. */
  readonly sums: ReadonlyMap<string, string>;
}

/** What stands in the archive, each entry once. */
interface ReadEntry {
  readonly sha256: string;
  readonly size: number;
  readonly executable: boolean;
}

/** A file as tar-stream gives it; its types name no entry for import. */
type TarEntry = AsyncIterable<unknown> & { readonly header: Parameters<ReturnType<typeof pack>['entry']>[0] };

interface ReadArchive {
  readonly folder: string;
  readonly entries: ReadonlyMap<string, ReadEntry>;
  /** Of the files that say what the others are. */
  readonly texts: ReadonlyMap<string, Buffer>;
}

const readWhole: ReadonlySet<string> = new Set([sumsFile, signatureFile, manifestFile]);
/** Far more than the list of all files of a bundle takes. */
const longestText = 4 * 1024 * 1024;

/**
 * Reads a bundle through, and writes nothing. Throws WaterflowFailure BUNDLE_INVALID for what is changed, missing, additional or no plain file,
 * BUNDLE_UNSIGNED where none of the keys signed it.
 */
export async function verifyBundle(file: string, keys: readonly PublicKey[]): Promise<VerifiedBundle> {
  const compression = compressionOf(file);
  if (compression === undefined) throw bundleInvalid('its name ends neither in .tar.zst nor in .tar.gz or .tar');
  const read = await readArchive(file, compression);
  const sumsBytes = textOf(read, sumsFile).toString('utf8');
  const signature = textOf(read, signatureFile);
  const signer = keys.find((key) => isSignedBy(sumsBytes, signature, key));
  if (signer === undefined) {
    throw new WaterflowFailure({
      code: 'BUNDLE_UNSIGNED',
      message: `the bundle is not signed by ${keys.map(({ id }) => id).join(' or ')}`,
      remedy:
        'Install nothing of it, unless whoever made it tells you of another key, another way than with the bundle.',
    });
  }
  const sums = readSums(sumsBytes);
  if (sums === undefined) throw bundleInvalid(`${sumsFile} is not a list of digests`);
  compareSums(sums, read.entries);
  const manifest = readManifest(textOf(read, manifestFile).toString('utf8'));
  compareParts(manifest, read);
  return { manifest, signer, sums };
}

async function readArchive(file: string, compression: ArchiveForm['compression']): Promise<ReadArchive> {
  const tar = extract();
  const entries = new Map<string, ReadEntry>();
  const texts = new Map<string, Buffer>();
  let folder: string | undefined;
  const reading = (async () => {
    for await (const entry of tar) {
      const [first = '', ...rest] = requirePlain(entry).split('/');
      folder ??= first;
      const path = rest.join('/');
      if (first !== folder || path === '') throw bundleInvalid(`${entry.header.name} is not in the folder ${folder}`);
      if (entries.has(path)) throw bundleInvalid(`${path} is in it twice`);
      entries.set(path, await readEntry(entry, path, texts));
    }
  })();
  try {
    await Promise.all([reading, pipeline(createReadStream(file), decompressor(compression), tar)]);
  } catch (error) {
    if (error instanceof WaterflowFailure) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw bundleInvalid(`the archive can't be read to its end: ${why}`);
  }
  return { folder: folder ?? '', entries, texts };
}

/** Gives the path. Throws BUNDLE_INVALID for what is no plain file of root's. */
function requirePlain({ header }: Pick<TarEntry, 'header'>): string {
  const { name, type, mode, uid, gid } = header;
  if (type !== 'file') throw bundleInvalid(`${name} is no file, but a ${type ?? 'thing without a type'}`);
  const isPath = name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isPath) throw bundleInvalid(`${name} is no path in a folder`);
  if (uid !== 0 || gid !== 0 || (mode !== 0o644 && mode !== 0o755)) {
    throw bundleInvalid(`${name} has the owner ${uid}:${gid} and the mode ${mode?.toString(8)}`);
  }
  return name;
}

async function readEntry(entry: TarEntry, path: string, texts: Map<string, Buffer>): Promise<ReadEntry> {
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  let size = 0;
  for await (const piece of entry) {
    // The stream gives buffers only; its type doesn't say so.
    const chunk = piece as Buffer;
    hash.update(chunk);
    size += chunk.length;
    if (!readWhole.has(path)) continue;
    if (size > longestText) throw bundleInvalid(`${path} is longer than ${longestText} bytes`);
    kept.push(chunk);
  }
  if (readWhole.has(path)) texts.set(path, Buffer.concat(kept));
  return { sha256: hash.digest('hex'), size, executable: entry.header.mode === 0o755 };
}

function decompressor(compression: ArchiveForm['compression']): NodeJS.ReadWriteStream {
  if (compression === 'gzip') return createGunzip();
  return compression === 'zstd' ? createZstdDecompress() : new PassThrough();
}

function textOf({ texts }: ReadArchive, path: string): Buffer {
  const text = texts.get(path);
  if (text === undefined) throw bundleInvalid(`${path} is missing`);
  return text;
}

/** What was signed is all there, and nothing else is. */
function compareSums(sums: ReadonlyMap<string, string>, entries: ReadArchive['entries']): void {
  for (const [path, digest] of sums) {
    const entry = entries.get(path);
    if (entry === undefined) throw bundleInvalid(`${path} is missing`);
    if (entry.sha256 !== digest) throw bundleInvalid(`${path} was changed`);
  }
  for (const path of entries.keys()) {
    const isSigned = sums.has(path) || path === sumsFile || path === signatureFile;
    if (!isSigned) throw bundleInvalid(`${path} is additional: nobody signed it`);
  }
}

/** The right to execute is in the manifest alone, and so is what each file is. */
function compareParts({ version, parts }: BundleManifest, { folder, entries }: ReadArchive): void {
  if (folder !== bundleFolder(version)) throw bundleInvalid(`its folder is ${folder}, not ${bundleFolder(version)}`);
  const known = new Set(parts.map(({ path }) => path));
  for (const { path, size, executable } of parts) {
    const entry = entries.get(path);
    if (entry === undefined) throw bundleInvalid(`${path} is missing`);
    if (entry.size !== size || entry.executable !== executable) throw bundleInvalid(`${path} has another size or mode`);
  }
  const others = [...entries.keys()].filter((path) => !known.has(path) && !readWhole.has(path));
  if (others.length > 0) throw bundleInvalid(`${manifestFile} doesn't say what ${others.join(', ')} is`);
}
