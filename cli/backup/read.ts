import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { type Extract, extract, type Header } from 'tar-stream';
import { WaterflowFailure } from '../../schemas/index.ts';
import {
  type BackupEntry,
  type BackupManifest,
  backupFormat,
  entryNames,
  parseHeader,
  parseManifest,
} from './manifest.ts';

/** What becomes of what is read, in the order of the archive; it is checked as a whole only in the end. */
export interface BackupSink {
  readonly folder: (entry: BackupEntry & { readonly kind: 'folder' }) => Promise<void>;
  /** Where the bytes of a file go; it is whole when it is disposed of. */
  readonly file: (path: string) => Promise<AsyncDisposable & { readonly write: (bytes: Uint8Array) => Promise<void> }>;
}

/** An entry's bytes, of the streams that tar-stream has. */
type Content = typeof extract extends () => AsyncIterable<infer Entry> ? Entry : never;

/** Manifests of a million files are smaller. */
const mostTextBytes = 512 * 1024 * 1024;

/**
 * Reads an archive from its first byte to its last and holds everything in it against its manifest. BACKUP_BROKEN where it isn't a whole backup,
 * as it was written; FILE_NOT_READABLE; STORAGE_FAILED where a newer version has made it.
 */
export async function readBackup(file: string, sink: BackupSink): Promise<BackupManifest> {
  const archive = extract();
  const source = createReadStream(file);
  const unpacked = source.pipe(createGunzip());
  source.once('error', (cause) => unpacked.destroy(cause));
  const fed = feed(unpacked, archive);
  let first: unknown;
  // Whoever waits for the next entry is told, too; who is in the midst of one learns no more than that its stream is gone.
  fed.catch((cause: unknown) => {
    first = cause;
    archive.destroy(cause instanceof Error ? cause : new Error(String(cause)));
  });
  const reading = new BackupReading(file, sink);
  try {
    for await (const entry of archive) await reading.take(entry.header, entry);
    await fed;
    return reading.manifest();
  } catch (noticed) {
    const cause = first ?? noticed;
    if (cause instanceof WaterflowFailure) throw cause;
    if (cause instanceof Error && 'syscall' in cause) throw unreadable(file, cause);
    throw broken(file, `it can't be read on: ${cause instanceof Error ? cause.message : String(cause)}`);
  } finally {
    unpacked.destroy();
    source.destroy();
  }
}

/** Hands all bytes on. Node's `pipeline` takes the archive, which is a stream of another make, for ended before what feeds it has failed. */
async function feed(bytes: AsyncIterable<Buffer>, archive: Extract): Promise<void> {
  for await (const chunk of bytes) if (!archive.write(chunk)) await drained(archive);
  archive.end(undefined);
}

/** Resolves when an archive takes more, or nothing any more. */
async function drained(archive: Extract): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => resolve();
  archive.on('drain', done).on('close', done);
  await promise;
  archive.off('drain', done).off('close', done);
}

class BackupReading {
  readonly #file: string;
  readonly #sink: BackupSink;
  readonly #entries = new Map<string, BackupEntry>();
  #begun = false;
  #manifest: BackupManifest | undefined;

  constructor(file: string, sink: BackupSink) {
    this.#file = file;
    this.#sink = sink;
  }

  async take(header: Header, content: Content): Promise<void> {
    const { name } = header;
    if (this.#manifest !== undefined) throw broken(this.#file, `${name} comes after its end`);
    if (!this.#begun) this.#begin(name, await textOf(content, header));
    else if (name === entryNames.manifest) this.#manifest = parseManifest(await textOf(content, header));
    else await this.#takePart(header, content);
  }

  /** What the archive says of itself, which agrees with what is in it. */
  manifest(): BackupManifest {
    const manifest = this.#manifest;
    if (manifest === undefined) throw broken(this.#file, 'its end is missing');
    for (const entry of manifest.entries) {
      const found = this.#entries.get(entry.path);
      if (found === undefined) throw broken(this.#file, `${entry.path} is missing`);
      if (!isSame(found, entry)) throw broken(this.#file, `${entry.path} is not what was backed up`);
      this.#entries.delete(entry.path);
    }
    const [more] = this.#entries.keys();
    if (more !== undefined) throw broken(this.#file, `${more} was not backed up`);
    return manifest;
  }

  #begin(name: string, text: string): void {
    const header = name === entryNames.header ? parseHeader(text) : undefined;
    if (header === undefined) throw broken(this.#file, 'it does not begin as a backup does');
    if (header.format > backupFormat) throw newer(this.#file, header.version);
    this.#begun = true;
  }

  async #takePart(header: Header, content: Content): Promise<void> {
    const path = pathOf(header.name);
    if (path === undefined || this.#entries.has(path))
      throw broken(this.#file, `it has an entry ${JSON.stringify(header.name)}`);
    const entry = await this.#copy(path, header, content);
    if (entry === undefined) throw broken(this.#file, `${path} is neither a file, a folder nor a link`);
    this.#entries.set(path, entry);
  }

  async #copy(path: string, { type, mode, linkname }: Header, content: Content): Promise<BackupEntry | undefined> {
    if (type === 'file') {
      const hash = createHash('sha256');
      let size = 0;
      await using target = await this.#sink.file(path);
      for await (const chunk of content) {
        const bytes = chunk as Buffer; // What archives give.
        size += bytes.length;
        hash.update(bytes);
        await target.write(bytes);
      }
      return { path, kind: 'file', mode, size, sha256: hash.digest('hex') };
    }
    // There is nothing in it; the next entry comes once it was read.
    await textOf(content, { size: 0 });
    if (type === 'symlink') return { path, kind: 'link', target: linkname ?? '' };
    if (type !== 'directory') return undefined;
    const entry = { path, kind: 'folder', mode } as const;
    await this.#sink.folder(entry);
    return entry;
  }
}

/** The path in the state folder; undefined for one that leads out of it. */
function pathOf(name: string): string | undefined {
  if (!name.startsWith(entryNames.state) || name.includes('\0')) return undefined;
  const path = name.slice(entryNames.state.length).replace(/\/$/u, '');
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') ? path : undefined;
}

function isSame(one: BackupEntry, other: BackupEntry): boolean {
  if (one.kind === 'link') return other.kind === 'link' && one.target === other.target;
  if (one.kind === 'folder') return other.kind === 'folder' && one.mode === other.mode;
  return other.kind === 'file' && one.mode === other.mode && one.size === other.size && one.sha256 === other.sha256;
}

async function textOf(content: Content, { size }: Pick<Header, 'size'>): Promise<string> {
  if (size > mostTextBytes) throw new Error('what it says of itself is too long');
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer); // What archives give.
  return Buffer.concat(chunks).toString('utf8');
}

/** A backup that isn't whole, or isn't one. */
export function broken(file: string, reason: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'BACKUP_BROKEN',
    message: `${file} is no whole backup: ${reason}`,
    remedy: 'Nothing was changed. Take an earlier backup, and find out where this one was damaged.',
    file,
  });
}

function newer(file: string, version: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'STORAGE_FAILED',
    message: `${file} was made by waterflow ${version}, in a form that this version does not know`,
    remedy: 'Restore it with that version, or a newer one.',
    file,
  });
}

function unreadable(file: string, cause: Error): WaterflowFailure {
  const error = {
    code: 'FILE_NOT_READABLE',
    message: `cannot read ${file}: ${cause.message}`,
    remedy: 'Name a backup that this user may read.',
    file,
  } as const;
  return new WaterflowFailure(error, { cause });
}
