import type { KeptArchive } from '../capability.ts';

/** An archive as its entry's name tells it; the time of that object's last writing is that of its last use. */
export interface BucketEntry extends KeptArchive {
  readonly name: string;
}

/** Servers that keep objects as files have names of at most 255 bytes between slashes. */
const partCharacters = 64;
const ending = /\.(\d{1,16})\.(\d{1,16})\.([0-9a-f]{64})$/;

/**
 * A key as the beginning of object names: in hex, since servers differ in what else they take, and with a slash behind every 64 digits. What
 * begins alike does so afterwards, too.
 */
export function encodeKey(key: string): string {
  const digits = Buffer.from(key).toString('hex');
  return (digits.match(new RegExp(`.{1,${partCharacters}}`, 'g')) ?? []).join('/');
}

/** The name of an entry, which says all about its archive: so one list tells of many, and none has to be read. */
export function entryName({ key, created_at_ms, bytes, sha256 }: Omit<KeptArchive, 'used_at_ms'>): string {
  return `${encodeKey(key)}.${created_at_ms}.${bytes}.${sha256}`;
}

/** An entry by its name; undefined for what is none. */
export function readEntryName(name: string, usedAtMs: number): BucketEntry | undefined {
  const found = ending.exec(name);
  if (found === null) return undefined;
  const [whole, created = '', bytes = '', sha256 = ''] = found;
  const digits = name.slice(0, -whole.length).replaceAll('/', '');
  if (!/^(?:[0-9a-f]{2})+$/.test(digits)) return undefined;
  const key = Buffer.from(digits, 'hex').toString();
  return { name, key, sha256, bytes: Number(bytes), created_at_ms: Number(created), used_at_ms: usedAtMs };
}

/** Of each key the newest: agents that kept something under one key at the same time agree on it. */
export function newestOfEach(entries: readonly BucketEntry[]): {
  readonly kept: readonly BucketEntry[];
  readonly replaced: readonly BucketEntry[];
} {
  const newest = new Map<string, BucketEntry>();
  const sorted = [...entries].sort(
    (one, other) => other.created_at_ms - one.created_at_ms || (one.sha256 < other.sha256 ? -1 : 1),
  );
  const replaced = sorted.filter((entry) => {
    if (newest.has(entry.key)) return true;
    newest.set(entry.key, entry);
    return false;
  });
  return { kept: [...newest.values()], replaced };
}
