import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptArchive } from '../capability.ts';
import { errorCode } from '../fs/descriptor-folder.ts';

const formatVersion = 1;

/** An entry as it lies on the disk; the time of its file's last change is that of its last use. */
export interface DiskEntry extends KeptArchive {
  readonly file: string;
}

/** The name of the file of a key's entry. */
export function entryFileName(key: string): string {
  return `${createHash('sha256').update(key).digest('hex')}.json`;
}

/** All entries of a folder; none where the folder isn't there. */
export async function readEntries(folder: string): Promise<readonly DiskEntry[]> {
  const entries: DiskEntry[] = [];
  for (const name of await namesIn(folder)) {
    const entry = await readEntry(join(folder, name));
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** The names in a folder; none where it isn't there. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((cause: unknown) => {
    if (errorCode(cause) === 'ENOENT') return [];
    throw cause;
  });
}

/** Undefined for what isn't there, is being removed, or is no entry of this format. */
export async function readEntry(file: string): Promise<DiskEntry | undefined> {
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

/** Puts an entry in the place of what was there. It appears whole, by a rename from the folder `parts`. */
export async function writeEntry(
  file: string,
  { kept, parts }: { readonly kept: KeptArchive; readonly parts: string },
): Promise<void> {
  const { key, sha256, bytes, created_at_ms, used_at_ms } = kept;
  const part = join(parts, randomBytes(12).toString('hex'));
  try {
    await writeFile(part, JSON.stringify({ version: formatVersion, key, sha256, bytes, created_at_ms }), {
      mode: 0o600,
    });
    const used = new Date(used_at_ms);
    await utimes(part, used, used);
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true });
    throw cause;
  }
}
