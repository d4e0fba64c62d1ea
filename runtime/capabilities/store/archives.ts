import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants as open, openSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { type ArchiveBound, type ArchiveStore, CallFailure, type KeptArchive, type MadeRoom } from '../capability.ts';
import { errorCode } from '../fs/descriptor-folder.ts';
import { type DiskEntry, entryFileName, namesIn, readEntries, readEntry, writeEntry } from './disk-entry.ts';
import { surplusOf } from './eviction.ts';
import type { StoreScope } from './protocol.ts';

/** What an agent that died was writing is nobody's any more. */
const stalePartMs = 86_400_000;
/** A content without an entry is nobody's after that long: between the two of what is being kept lie milliseconds. */
const strayContentMs = 60_000;

/**
 * The archives of one plugin in one tenant: a folder with one file for each content, by its SHA-256, and one for each key, which names
 * its content. Several processes use it at the same time without a lock: each file appears whole by a rename, and an entry whose content
 * another process has just evicted is none. Whoever keeps something removes what no entry names any more. Nothing is synced: what a power
 * cut damages is found out by its digest, and is only a cache.
 */
export function openArchiveStore(
  folder: AbsolutePath,
  scope: StoreScope,
  { clock }: { readonly clock: { now(): number } },
): ArchiveStore {
  const shelf = new Shelf(join(folder, nameOfScope(scope)), clock);
  return {
    begin: () =>
      withMeaning(async () => {
        await shelf.make();
        const part = await beginPart(shelf.parts, clock.now());
        return {
          fd: part.fd,
          keep: (archive, bounds) =>
            withMeaning(async () => {
              part.close();
              const replaced = await shelf.keep(part.file, archive);
              return shelf.makeRoom({ kept: archive, replaced }, bounds);
            }),
          discard: () => part.discard(),
        };
      }),
    look: (key) =>
      withMeaning(async () => {
        const found = await shelf.open(key);
        if (found === undefined) return undefined;
        const { fd, ...kept } = found;
        closeSync(fd);
        return kept;
      }),
    find: (key) => withMeaning(() => shelf.open(key)),
    list: (prefix) =>
      withMeaning(async () => {
        const entries = (await readEntries(shelf.entries)).filter(({ key }) => key.startsWith(prefix));
        return entries
          .sort((left, right) => right.created_at_ms - left.created_at_ms || (left.key < right.key ? -1 : 1))
          .map(keptOf);
      }),
    remove: (key) =>
      withMeaning(async () => {
        const entry = await readEntry(shelf.entryOf(key));
        if (entry === undefined) return false;
        await rm(shelf.contentOf(entry.sha256), { force: true });
        await rm(entry.file, { force: true });
        return true;
      }),
  };
}

type Named = Pick<KeptArchive, 'key' | 'sha256'>;

/** The folders of one plugin in one tenant. */
class Shelf {
  readonly parts: string;
  readonly entries: string;
  readonly #contents: string;
  readonly #clock: { now(): number };

  constructor(root: string, clock: { now(): number }) {
    this.parts = join(root, 'parts');
    this.entries = join(root, 'entries');
    this.#contents = join(root, 'contents');
    this.#clock = clock;
  }

  async make(): Promise<void> {
    for (const path of [this.#contents, this.entries]) await mkdir(path, { recursive: true, mode: 0o700 });
  }

  contentOf(sha256: string): string {
    return join(this.#contents, sha256);
  }

  entryOf(key: string): string {
    return join(this.entries, entryFileName(key));
  }

  async open(key: string): Promise<(KeptArchive & { readonly fd: number }) | undefined> {
    const file = this.entryOf(key);
    const entry = await readEntry(file);
    if (entry === undefined) return undefined;
    const fd = openContent(this.contentOf(entry.sha256));
    if (fd === undefined) {
      await rm(file, { force: true });
      return undefined;
    }
    const now = new Date(this.#clock.now());
    // Another process may have evicted it in between; what is open can still be read.
    await utimes(file, now, now).catch(() => undefined);
    return { ...keptOf(entry), fd };
  }

  /** What was there under the key before. */
  async keep(part: string, archive: Pick<KeptArchive, 'key' | 'bytes' | 'sha256'>): Promise<DiskEntry | undefined> {
    const replaced = await readEntry(this.entryOf(archive.key));
    await rename(part, this.contentOf(archive.sha256));
    const now = Math.floor(this.#clock.now());
    const kept: KeptArchive = { ...archive, created_at_ms: now, used_at_ms: now };
    try {
      await writeEntry(this.entryOf(archive.key), { kept, parts: this.parts });
    } catch (cause) {
      const swept = readEntries(this.entries).then((entries) => this.#sweep(entries, [archive]));
      // Where that fails, too, it goes once it is a stray.
      await swept.catch(() => undefined);
      throw cause;
    }
    return replaced;
  }

  /** Removes what was not used for longest until the bounds hold, and what no entry names any more. */
  async makeRoom(
    { kept, replaced }: { readonly kept: Named; readonly replaced: DiskEntry | undefined },
    bounds: readonly ArchiveBound[],
  ): Promise<MadeRoom> {
    let evicted = 0;
    try {
      const entries = await readEntries(this.entries);
      const surplus = surplusOf(entries, { bounds, keep: kept.key });
      for (const { file } of surplus) {
        await rm(file, { force: true });
        evicted += 1;
      }
      const left = entries.filter((entry) => !surplus.includes(entry));
      // Another process may have replaced what was just kept, knowing nothing of it.
      const given = [kept, ...surplus, ...(replaced === undefined ? [] : [replaced])];
      await this.#sweep(left, given);
      return { evicted };
    } catch (cause) {
      const failure = meaningOf(cause);
      if (!(failure instanceof CallFailure)) throw cause;
      return { evicted, not_evicted: failure.message };
    }
  }

  /** Removes contents that none of these entries names: those that were given up now, and those that were left behind long ago. */
  async #sweep(entries: readonly Named[], given: readonly Named[]): Promise<void> {
    const needed = new Set(entries.map(({ sha256 }) => sha256));
    const givenUp = new Set(given.map(({ sha256 }) => sha256));
    const before = this.#clock.now() - strayContentMs;
    for (const sha256 of await namesIn(this.#contents)) {
      if (needed.has(sha256)) continue;
      const content = this.contentOf(sha256);
      if (givenUp.has(sha256) || (await isOlder(content, before))) await rm(content, { force: true });
    }
  }
}

/** Of an entry what a plugin is told. */
export function keptOf({ key, sha256, bytes, created_at_ms, used_at_ms }: KeptArchive): KeptArchive {
  return { key, sha256, bytes, created_at_ms, used_at_ms };
}

/** The name of a plugin in a tenant, wherever archives lie: no name of one is that of another. */
export function nameOfScope({ tenant, plugin }: StoreScope): string {
  return createHash('sha256')
    .update(JSON.stringify([tenant, plugin]))
    .digest('hex');
}

/** A file that isn't whole yet, open to write to. */
export interface Part {
  readonly file: string;
  readonly fd: number;
  /** May come again. */
  close(): void;
  /** Closes and removes it, unless it was moved away. */
  discard(): Promise<void>;
}

/** A new one in the folder of those, which is made. What was left behind there long ago goes. */
export async function beginPart(folder: string, nowMs: number): Promise<Part> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeStale(folder, nowMs);
  const file = join(folder, randomBytes(12).toString('hex'));
  const fd = openSync(file, open.O_WRONLY | open.O_CREAT | open.O_EXCL | open.O_NOFOLLOW, 0o600);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  return {
    file,
    fd,
    close,
    async discard() {
      close();
      await rm(file, { force: true });
    },
  };
}

async function removeStale(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (await isOlder(path, now - stalePartMs)) await rm(path, { force: true });
  }
}

/** Whether it was written before; what isn't there any more was not. */
async function isOlder(path: string, beforeMs: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.mtimeMs < beforeMs;
}

function openContent(path: string): number | undefined {
  try {
    return openSync(path, open.O_RDONLY | open.O_NOFOLLOW);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

/** For a plugin: what happened, and no path of the agent. */
async function withMeaning<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (cause) {
    throw meaningOf(cause);
  }
}

/** What the system's error in the store's folder comes to. */
export function meaningOf(cause: unknown): unknown {
  const code = errorCode(cause);
  if (cause instanceof CallFailure || code === undefined) return cause;
  return new CallFailure('FAILED', `the agent's store of archives: ${code === 'ENOSPC' ? 'the disk is full' : code}`);
}
