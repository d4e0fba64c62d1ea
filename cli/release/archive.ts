import { createReadStream, createWriteStream, readlinkSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import { pack } from 'tar-stream';

/** What an archive holds, at a path with `/` between its parts: a file, by its bytes or by where they lie, or a symbolic link. */
export interface ArchiveEntry {
  readonly path: string;
  readonly executable: boolean;
  readonly content:
    | { readonly bytes: Uint8Array }
    | { readonly file: string; readonly size: number }
    | { readonly target: string };
}

/** How the archive is written. */
export interface ArchiveForm {
  /** The one folder that all its entries are in. */
  readonly folder: string;
  /** What every entry says of its last change. */
  readonly time: Date;
  readonly compression: 'gzip' | 'zstd' | 'none';
}

/** Most of what is packed is packed already: level 19 takes thirty times as long as this one for a file that is a fifteenth smaller. */
const zstdLevel = 9;

/** By the name of an archive's file; undefined where it ends as none of ours. */
export function compressionOf(file: string): ArchiveForm['compression'] | undefined {
  if (file.endsWith('.tar.gz') || file.endsWith('.tgz')) return 'gzip';
  if (file.endsWith('.tar.zst')) return 'zstd';
  return file.endsWith('.tar') ? 'none' : undefined;
}

/**
 * Writes a tar archive that is the same, byte for byte, wherever and whenever it is made of the same entries: sorted, owned by root, with
 * one time and two modes.
 */
export async function writeArchive(
  file: string,
  entries: readonly ArchiveEntry[],
  { folder, time, compression }: ArchiveForm,
): Promise<void> {
  const tar = pack();
  const filled = fill(tar, sorted(entries), { folder, time });
  await Promise.all([filled, pipeline(tar, compressor(compression), createWriteStream(file, { mode: 0o644 }))]);
}

async function fill(
  tar: ReturnType<typeof pack>,
  entries: readonly ArchiveEntry[],
  { folder, time }: Pick<ArchiveForm, 'folder' | 'time'>,
): Promise<void> {
  const common = { mtime: time, uid: 0, gid: 0, uname: '', gname: '' } as const;
  const executableMode = 0o755;
  try {
    for (const { path, executable, content } of entries) {
      const name = `${folder}/${path}`;
      const mode = executable || 'target' in content ? executableMode : 0o644;
      if ('target' in content) {
        tar.entry({ ...common, name, mode, type: 'symlink', linkname: content.target });
      } else if ('bytes' in content) {
        tar.entry({ ...common, name, mode, type: 'file' }, Buffer.from(content.bytes));
      } else {
        const sink = tar.entry({ ...common, name, mode, type: 'file', size: content.size });
        await pipeline(createReadStream(content.file), sink);
      }
    }
    tar.finalize();
  } catch (error) {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

function compressor(compression: ArchiveForm['compression']): NodeJS.ReadWriteStream {
  // Neither writes a time or a name.
  if (compression === 'gzip') return createGzip({ level: constants.Z_BEST_COMPRESSION });
  if (compression === 'zstd') return createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: zstdLevel } });
  return new PassThrough();
}

/** By the code units of their paths, which are the same everywhere. */
function sorted(entries: readonly ArchiveEntry[]): readonly ArchiveEntry[] {
  const inOrder = entries.toSorted(({ path: left }, { path: right }) => (left < right ? -1 : 1));
  const twice = inOrder.find(({ path }, index) => path === inOrder[index + 1]?.path);
  if (twice !== undefined) throw new Error(`an archive can't hold ${twice.path} twice`);
  return inOrder;
}

/** A file as an entry. Executable is what its owner may execute, unless that is said. */
export function fileEntry(path: string, file: string, options: { readonly executable?: boolean } = {}): ArchiveEntry {
  const { size, mode } = statSync(file);
  return { path, executable: options.executable ?? (mode & 0o100) !== 0, content: { file, size } };
}

/** A text as an entry. */
export function textEntry(path: string, text: string): ArchiveEntry {
  return { path, executable: false, content: { bytes: Buffer.from(text) } };
}

/** All files and links below a folder, under a path of the archive. Throws for what is neither, as a socket. */
export async function folderEntries(path: string, folder: string): Promise<readonly ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const source = join(folder, entry.name);
    const place = path === '' ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory()) entries.push(...(await folderEntries(place, source)));
    else if (entry.isFile()) entries.push(fileEntry(place, source));
    else if (entry.isSymbolicLink()) {
      entries.push({ path: place, executable: false, content: { target: readlinkSync(source) } });
    } else throw new Error(`${source} is neither a file nor a folder nor a link`);
  }
  return entries;
}
