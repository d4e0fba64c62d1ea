import { constants as open, openSync } from 'node:fs';
import { join } from 'node:path';
import { type AbsolutePath, WaterflowFailure } from '../../../schemas/index.ts';
import { type ArchiveBound, type ArchiveStore, CallFailure, type KeptArchive, type MadeRoom } from '../capability.ts';
import { writeAll } from '../fs/writing.ts';
import { beginPart, keptOf, meaningOf, nameOfScope } from './archives.ts';
import type { ArchiveBucket } from './bucket.ts';
import { type BucketEntry, encodeKey, entryName, newestOfEach, readEntryName } from './bucket-entry.ts';
import { surplusOf } from './eviction.ts';
import type { StoreScope } from './protocol.ts';

/** What an agent that died in the middle left behind: a content to which no entry came. */
const strayContentMs = 86_400_000;
/** For what the caller can do without. */
const rememberMs = 5_000;

/** What a shared store of archives works with. */
export interface BucketPowers {
  readonly clock: { now(): number };
  /** A folder of this agent: an archive lies there while it is packed, and while it is unpacked. */
  readonly spool: AbsolutePath;
  /** Ends what is being sent and fetched. */
  readonly signal: AbortSignal;
}

/**
 * The archives of one plugin in one tenant, in a bucket that several agents share without a lock: below a name of both, `contents/SHA-256`,
 * and `entries/`, empty objects whose names say all. A content is there before its entry is; an entry whose content another agent has just
 * evicted is none. Whoever keeps something looks at all entries afterwards, and removes those that were not used for longest until its bounds
 * hold: agents that do so at the same time choose the same ones.
 */
export function openBucketArchives(bucket: ArchiveBucket, scope: StoreScope, powers: BucketPowers): ArchiveStore {
  const shelf = new Shelf(bucket, nameOfScope(scope), powers);
  const reached = <Result>(action: () => Promise<Result>): Promise<Result> => withMeaning(action, powers.signal);
  return {
    begin: () =>
      reached(async () => {
        const part = await beginPart(powers.spool, powers.clock.now());
        return {
          fd: part.fd,
          keep: (archive, bounds) =>
            reached(async () => {
              part.close();
              await shelf.keep(part.file, archive);
              return shelf.makeRoom(archive.key, bounds);
            }),
          discard: () => part.discard(),
        };
      }),
    look: (key) =>
      reached(async () => {
        const entry = await shelf.entryOf(key);
        if (entry === undefined) return undefined;
        if (await shelf.hasContent(entry)) {
          await shelf.used(entry);
          return keptOf(entry);
        }
        await shelf.removeEntry(entry);
        return undefined;
      }),
    find: (key) =>
      reached(async () => {
        const entry = await shelf.entryOf(key);
        if (entry === undefined) return undefined;
        const fd = await shelf.fetch(entry);
        if (fd !== undefined) {
          await shelf.used(entry);
          return { ...keptOf(entry), fd };
        }
        await shelf.removeEntry(entry);
        return undefined;
      }),
    list: (prefix) =>
      reached(async () => {
        const { kept } = newestOfEach(await shelf.entries(encodeKey(prefix)));
        return kept.map(keptOf).filter(({ key }) => key.startsWith(prefix));
      }),
    remove: (key) =>
      reached(async () => {
        const entry = await shelf.entryOf(key);
        if (entry === undefined) return false;
        await shelf.removeContent(entry.sha256);
        await shelf.removeEntry(entry);
        return true;
      }),
  };
}

/** The objects of one plugin in one tenant. */
class Shelf {
  readonly #bucket: ArchiveBucket;
  readonly #powers: BucketPowers;
  readonly #entries: string;
  readonly #contents: string;

  constructor(bucket: ArchiveBucket, root: string, powers: BucketPowers) {
    this.#bucket = bucket;
    this.#powers = powers;
    this.#entries = `${root}/entries/`;
    this.#contents = `${root}/contents/`;
  }

  async entries(prefix: string): Promise<readonly BucketEntry[]> {
    const listed = await this.#bucket.list(this.#entries + prefix, this.#powers);
    return listed.flatMap(
      ({ name, modified_ms }) => readEntryName(name.slice(this.#entries.length), modified_ms) ?? [],
    );
  }

  async entryOf(key: string): Promise<BucketEntry | undefined> {
    return newestOfEach(await this.entries(`${encodeKey(key)}.`)).kept[0];
  }

  hasContent({ sha256 }: BucketEntry): Promise<boolean> {
    return this.#bucket.has(this.#contents + sha256, this.#powers);
  }

  /** Remembers that it was, where the bucket lets it: an object that is written again is as new. Never rejects. */
  async used({ name }: BucketEntry): Promise<void> {
    const signal = AbortSignal.any([this.#powers.signal, AbortSignal.timeout(rememberMs)]);
    await this.#bucket.put(this.#entries + name, 'empty', { signal }).catch(() => undefined);
  }

  async keep(file: string, archive: Pick<KeptArchive, 'key' | 'bytes' | 'sha256'>): Promise<void> {
    const { bytes, sha256 } = archive;
    await this.#bucket.put(this.#contents + sha256, { file, bytes, sha256 }, this.#powers);
    const name = entryName({ ...archive, created_at_ms: Math.floor(this.#powers.clock.now()) });
    await this.#bucket.put(this.#entries + name, 'empty', this.#powers);
  }

  /** Open, and without a name already; undefined where there is none. What is longer or shorter than it should be is empty: damaged. */
  async fetch({ sha256, bytes }: BucketEntry): Promise<number | undefined> {
    const part = await beginPart(this.#powers.spool, this.#powers.clock.now());
    try {
      const found = await this.#bucket.get(this.#contents + sha256, this.#powers);
      if (found === undefined) return undefined;
      // Nothing may come between: who doesn't listen yet misses that a stream broke off.
      if (found.bytes === bytes) for await (const chunk of found.content) await writeAll(part.fd, chunk as Buffer);
      else found.content.on('error', () => undefined).destroy();
      return openSync(part.file, open.O_RDONLY | open.O_NOFOLLOW);
    } finally {
      // Where it can't be removed now, it goes once it is stale.
      await part.discard().catch(() => undefined);
    }
  }

  /** Removes what was not used for longest until the bounds hold, and what no entry names any more. Rejects only where it was cancelled. */
  async makeRoom(kept: string, bounds: readonly ArchiveBound[]): Promise<MadeRoom> {
    let evicted = 0;
    try {
      const { kept: entries, replaced } = newestOfEach(await this.entries(''));
      const surplus = surplusOf(entries, { bounds, keep: kept });
      for (const entry of surplus) {
        await this.removeEntry(entry);
        evicted += 1;
      }
      for (const entry of replaced) await this.removeEntry(entry);
      const left = entries.filter((entry) => !surplus.includes(entry));
      await this.#sweep(left, [...surplus, ...replaced]);
      return { evicted };
    } catch (cause) {
      if (this.#powers.signal.aborted || !(cause instanceof WaterflowFailure)) throw cause;
      return { evicted, not_evicted: inBucket(cause).message };
    }
  }

  /** Removes contents that none of these entries names: those of entries that are gone now, and those that were left behind long ago. */
  async #sweep(entries: readonly BucketEntry[], gone: readonly BucketEntry[]): Promise<void> {
    const needed = new Set(entries.map(({ sha256 }) => sha256));
    const given = new Set(gone.map(({ sha256 }) => sha256));
    const before = this.#powers.clock.now() - strayContentMs;
    for (const { name, modified_ms } of await this.#bucket.list(this.#contents, this.#powers)) {
      const sha256 = name.slice(this.#contents.length);
      if (!needed.has(sha256) && (given.has(sha256) || modified_ms < before)) await this.removeContent(sha256);
    }
  }

  removeEntry({ name }: BucketEntry): Promise<void> {
    return this.#bucket.remove(this.#entries + name, this.#powers);
  }

  removeContent(sha256: string): Promise<void> {
    return this.#bucket.remove(this.#contents + sha256, this.#powers);
  }
}

/** The folder in which archives lie on their way to a bucket and from it. */
export function spoolBeside(archives: AbsolutePath): AbsolutePath {
  return join(archives, 'spool') as AbsolutePath; // Below an absolute path.
}

/** For a plugin: what happened, and whether it may go on without. */
async function withMeaning<Result>(action: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  try {
    return await action();
  } catch (cause) {
    if (signal.aborted) throw new CallFailure('CANCELLED', 'the step is being cancelled');
    throw cause instanceof WaterflowFailure ? inBucket(cause) : meaningOf(cause);
  }
}

function inBucket({ error: { message, remedy } }: WaterflowFailure): CallFailure {
  return new CallFailure('STORAGE_FAILED', `the bucket of archives: ${message}`, { remedy });
}
