import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { syncFile, syncFolder } from '../../runtime/durable-file.ts';
// Not by their index: a tarball needs no schemas.
import type { PluginFile } from '../../runtime/manifest/folder.ts';
import { digestOfTarball, unpackPlugin } from '../../runtime/manifest/tarball.ts';
import type { AbsolutePath, Digest, RunId } from '../../schemas/index.ts';
import { type Pin, type RunAttempt, readPins, writePins } from './pins.ts';

/** Runs hold plugins that may be nobody else's business. */
const folderMode = 0o700;
const fileMode = 0o600;
/** What another process is about to write is done by then, in ms. */
const unfinishedMs = 3_600_000;

/**
 * Versions of plugins on the disk, as tarballs under their digests, which they are held against whenever one is read. What needs one has a
 * name of its own for the file, a hard link: a run in its folder of `runs/`, what is installed in `installed/`. `versions/` has one name of each; what has
 * no other one any more is needed by nobody, and goes. So nothing is counted, and a process that is killed leaves no wrong count behind.
 */
export interface PluginVersions {
  /** Has what was just read at hand for whoever needs it. */
  add(digest: Digest, tarball: Uint8Array): void;
  /**
   * Keeps what an attempt of a run begins with until {@link release}; durable when it returns. `missing` gives the tarballs that aren't at
   * hand. Throws what node:fs throws.
   */
  pin(of: RunAttempt, pins: readonly Pin[], missing: (pin: Pin) => Promise<Uint8Array | undefined>): Promise<void>;
  /** What that attempt began with; undefined where nothing was kept for it. */
  pins(of: RunAttempt): readonly Pin[] | undefined;
  /** The files of what a run began with; undefined where they aren't there, or not as they were. */
  pinned(run: RunId, digest: Digest): Promise<readonly PluginFile[] | undefined>;
  /** The runs for which something is kept. */
  runs(): readonly RunId[];
  /** Nothing needs to be kept for a run any more. */
  release(run: RunId): void;
  /** Keeps these, as far as they are at hand, and of what was installed before nothing else. */
  keepInstalled(digests: Iterable<Digest>): void;
  /** The files of what {@link keepInstalled} keeps, as those of a run. */
  installed(digest: Digest): Promise<readonly PluginFile[] | undefined>;
}

/** Opens what an agent keeps in its state folder; nothing is written before something is to be kept. */
export function openPluginVersions(state: AbsolutePath, { now }: { readonly now: () => number }): PluginVersions {
  return new FolderVersions(join(state, 'plugins'), now);
}

class FolderVersions implements PluginVersions {
  readonly #versions: string;
  readonly #installed: string;
  readonly #runs: string;
  /** In ms since the epoch, as files have it. */
  readonly #now: () => number;

  constructor(folder: string, now: () => number) {
    this.#now = now;
    this.#versions = join(folder, 'versions');
    this.#installed = join(folder, 'installed');
    this.#runs = join(folder, 'runs');
  }

  add(digest: Digest, tarball: Uint8Array): void {
    const file = join(this.#versions, fileOf(digest));
    // What a power cut has left of one is written anew.
    if (statSync(file, { throwIfNoEntry: false })?.size === tarball.length) return;
    try {
      makeFolder(this.#versions);
      writeWhole(file, tarball);
    } catch {
      // It isn't at hand then: whoever needs it asks for it elsewhere, or says what is wrong with the disk.
    }
  }

  async pin(
    { run, attempt }: RunAttempt,
    pins: readonly Pin[],
    missing: (pin: Pin) => Promise<Uint8Array | undefined>,
  ): Promise<void> {
    const folder = join(this.#runs, run);
    makeFolder(folder);
    for (const pin of pins) {
      const { digest } = pin.identity;
      const file = join(folder, fileOf(digest));
      if (!link(join(this.#versions, fileOf(digest)), file)) {
        const tarball = await missing(pin);
        if (tarball === undefined || digestOfTarball(tarball) !== digest) continue;
        writeWhole(file, tarball);
      }
      syncFile(file);
    }
    // Last: what stands there is kept. Makes the names of the files durable, too.
    writePins(folder, attempt, pins);
    syncFolder(this.#runs);
    const needed = new Set(pins.map(({ identity }) => fileOf(identity.digest)));
    for (const name of namesIn(folder)) if (name.endsWith('.tar') && !needed.has(name)) remove(join(folder, name));
  }

  pins({ run, attempt }: RunAttempt): readonly Pin[] | undefined {
    return readPins(join(this.#runs, run), attempt);
  }

  pinned(run: RunId, digest: Digest): Promise<readonly PluginFile[] | undefined> {
    return readVersion(join(this.#runs, run, fileOf(digest)), digest);
  }

  runs(): readonly RunId[] {
    // Only pin() makes folders there, by the ids of runs.
    return namesIn(this.#runs).filter((name) => !name.startsWith('.')) as RunId[];
  }

  release(run: RunId): void {
    const folder = join(this.#runs, run);
    if (statSync(folder, { throwIfNoEntry: false }) === undefined) return;
    // At once: a part of it is nothing that a run began with.
    const away = join(this.#runs, `.${randomUUID()}`);
    renameSync(folder, away);
    rmSync(away, { recursive: true, force: true });
    this.#sweep();
  }

  keepInstalled(digests: Iterable<Digest>): void {
    const needed = new Set(Array.from(digests, fileOf));
    if (needed.size > 0) makeFolder(this.#installed);
    for (const name of needed) link(join(this.#versions, name), join(this.#installed, name));
    for (const name of namesIn(this.#installed)) if (!needed.has(name)) remove(join(this.#installed, name));
    for (const name of namesIn(this.#runs)) {
      if (name.startsWith('.')) rmSync(join(this.#runs, name), { recursive: true, force: true });
    }
    this.#sweep();
  }

  installed(digest: Digest): Promise<readonly PluginFile[] | undefined> {
    return readVersion(join(this.#installed, fileOf(digest)), digest);
  }

  /** A link that somebody makes meanwhile either comes before, and the file stays theirs, or doesn't come about: see {@link PluginVersions.pin}. */
  #sweep(): void {
    for (const name of namesIn(this.#versions)) {
      const file = join(this.#versions, name);
      const stats = statSync(file, { throwIfNoEntry: false });
      if (stats === undefined || stats.nlink > 1) continue;
      const isUnfinished = name.startsWith('.');
      if (!isUnfinished || this.#now() - stats.mtimeMs > unfinishedMs) remove(file);
    }
  }
}

function fileOf(digest: Digest): string {
  return `${digest.slice('sha256:'.length)}.tar`;
}

function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: folderMode });
}

/** Whole or not at all, unless the machine loses its power: what is read is held against its digest. */
function writeWhole(file: string, content: Uint8Array): void {
  const unfinished = join(file, '..', `.${randomUUID()}.new`);
  try {
    writeFileSync(unfinished, content, { mode: fileMode, flag: 'wx' });
    renameSync(unfinished, file);
  } catch (cause) {
    remove(unfinished);
    throw cause;
  }
}

/** Whether the file has that name now. Some file systems have no hard links, and files of others can't be linked to. */
function link(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
  }
}

async function readVersion(file: string, digest: Digest): Promise<readonly PluginFile[] | undefined> {
  let tarball: Buffer;
  try {
    tarball = readFileSync(file);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
  return digestOfTarball(tarball) === digest ? await unpackPlugin(tarball) : undefined;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw cause;
  }
}

function remove(file: string): void {
  rmSync(file, { force: true });
}
