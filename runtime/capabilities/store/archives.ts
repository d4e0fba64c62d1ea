import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants as open, openSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { type ArchiveStore, CallFailure, type KeptArchive } from '../capability.ts';
import { errorCode } from '../fs/descriptor-folder.ts';
import type { StoreScope } from './protocol.ts';
import { surplusOf } from './eviction.ts';

/** What an agent that died was writing is nobody's any more. */
const stalePartMs = 86_400_000;
const formatVersion = 1;

/** An entry as it lies on the disk; the time of its file's last change is that of its last use. */
interface Entry extends KeptArchive {
  readonly file: string;
}

/**
 * The archives of one plugin in one tenant: a folder with one file for each content, by its SHA-256, and one for each key, which names
 * its content. Several processes use it at the same time without a lock: each file appears whole by a rename, and an entry whose content
 * another process has just evicted is none. Nothing is synced: what a power cut damages is found out by its digest, and is only a cache.
 */
export function openArchiveStore(
  folder: AbsolutePath,
  scope: StoreScope,
  { clock }: { readonly clock: { now(): number } },
): ArchiveStore {
  const root = join(folder, nameOfScope(scope));
  const at = {
    contents: join(root, 'contents'),
    entries: join(root, 'entries'),
    parts: join(root, 'parts'),
  };
  const contentOf = (sha256: string): string => join(at.contents, sha256);
  const entryOf = (key: string): string => join(at.entries, `${createHash('sha256').update(key).digest('hex')}.json`);
  const removeUnused = async (sha256: string): Promise<void> => {
    const entries = await readEntries(at.entries);
    if (!entries.some((entry) => entry.sha256 === sha256)) await rm(contentOf(sha256), { force: true });
  };
  const remove = async (entry: Entry): Promise<void> => {
    await rm(entry.file, { force: true });
    await removeUnused(entry.sha256);
  };
  const openKept = async (key: string): Promise<(KeptArchive & { readonly fd: number }) | undefined> => {
    const file = entryOf(key);
    const entry = await readEntry(file);
    if (entry === undefined) return undefined;
    const fd = openContent(contentOf(entry.sha256));
    if (fd === undefined) {
      await rm(file, { force: true });
      return undefined;
    }
    const now = new Date(clock.now());
    // Another process may have evicted it in between; what is open can still be read.
    await utimes(file, now, now).catch(() => undefined);
    return { ...keptOf(entry), fd };
  };
  return {
    begin: () =>
      withMeaning(async () => {
        for (const path of [at.contents, at.entries]) await mkdir(path, { recursive: true, mode: 0o700 });
        const { part, fd } = await beginPart(at.parts, clock.now());
        let settled = false;
        const settle = (): void => {
          settled = true;
          closeSync(fd);
        };
        return {
          fd,
          keep: (archive, bounds) =>
            withMeaning(async () => {
              settle();
              await rename(part, contentOf(archive.sha256));
              const created = Math.floor(clock.now());
              const kept: KeptArchive = { ...archive, created_at_ms: created, used_at_ms: created };
              await writeEntry(entryOf(archive.key), { kept, parts: at.parts });
              const surplus = surplusOf(await readEntries(at.entries), { bounds, keep: archive.key });
              for (const entry of surplus) await remove(entry);
              return { evicted: surplus.length };
            }),
          async discard() {
            if (settled) return;
            settle();
            await rm(part, { force: true });
          },
        };
      }),
    look: (key) =>
      withMeaning(async () => {
        const found = await openKept(key);
        if (found === undefined) return undefined;
        const { fd, ...kept } = found;
        closeSync(fd);
        return kept;
      }),
    find: (key) => withMeaning(() => openKept(key)),
    list: (prefix) =>
      withMeaning(async () => {
        const entries = (await readEntries(at.entries)).filter(({ key }) => key.startsWith(prefix));
        return entries
          .sort((left, right) => right.created_at_ms - left.created_at_ms || (left.key < right.key ? -1 : 1))
          .map(keptOf);
      }),
    remove: (key) =>
      withMeaning(async () => {
        const entry = await readEntry(entryOf(key));
        if (entry === undefined) return false;
        await rm(contentOf(entry.sha256), { force: true });
        await rm(entry.file, { force: true });
        return true;
      }),
  };
}

function keptOf({ key, sha256, bytes, created_at_ms, used_at_ms }: Entry): KeptArchive {
  return { key, sha256, bytes, created_at_ms, used_at_ms };
}

async function readEntries(folder: string): Promise<readonly Entry[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    if (errorCode(cause) === 'ENOENT') return [];
    throw cause;
  });
  const entries: Entry[] = [];
  for (const name of names) {
    const entry = await readEntry(join(folder, name));
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** Undefined for what isn't there, is being removed, or is no entry of this format. */
async function readEntry(file: string): Promise<Entry | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    // What writeEntry() wrote; what is damaged has other types, and is looked at below.
    const { version, key, sha256, bytes, created_at_ms } = value as Partial<KeptArchive & { readonly version: number }>;
    if (version !== formatVersion || typeof key !== 'string' || !/^[0-9a-f]{64}$/.test(sha256 ?? '')) return undefined;
    if (typeof bytes !== 'number' || typeof created_at_ms !== 'number') return undefined;
    return { file, key, sha256: sha256 ?? '', bytes, created_at_ms, used_at_ms: mtimeMs };
  } catch (cause) {
    if (cause instanceof SyntaxError || errorCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

async function writeEntry(
  file: string,
  { kept, parts }: { readonly kept: KeptArchive; readonly parts: string },
): Promise<void> {
  const { key, sha256, bytes, created_at_ms, used_at_ms } = kept;
  const part = join(parts, randomBytes(12).toString('hex'));
  await writeFile(part, JSON.stringify({ version: formatVersion, key, sha256, bytes, created_at_ms }), { mode: 0o600 });
  const used = new Date(used_at_ms);
  await utimes(part, used, used);
  await rename(part, file);
}

/** The name of a plugin in a tenant, wherever archives lie: no name of one is that of another. */
export function nameOfScope({ tenant, plugin }: StoreScope): string {
  return createHash('sha256')
    .update(JSON.stringify([tenant, plugin]))
    .digest('hex');
}

/** A new file to write to in the folder of those that aren't whole yet, which is made. What was left behind there long ago goes. */
export async function beginPart(
  folder: string,
  nowMs: number,
): Promise<{ readonly part: string; readonly fd: number }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeStale(folder, nowMs);
  const part = join(folder, randomBytes(12).toString('hex'));
  return { part, fd: openSync(part, open.O_WRONLY | open.O_CREAT | open.O_EXCL | open.O_NOFOLLOW, 0o600) };
}

async function removeStale(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && now - found.mtimeMs > stalePartMs) await rm(path, { force: true });
  }
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
