import type { Json } from '../../schemas/index.ts';

/** The form of backups that this version makes, and the newest that it reads. */
export const backupFormat = 1;

/** The names of entries of an archive: what begins it, what ends it, and the folder in which the state lies. */
export const entryNames = { header: 'waterflow-backup.json', manifest: 'manifest.json', state: 'state/' } as const;

/** What begins an archive, so that whoever can't read it stops there. */
export interface BackupHeader {
  readonly format: number;
  /** Of the Waterflow that made it. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly created_at: number;
}

/** Something in a backup. */
export type BackupEntry =
  | {
      readonly path: string;
      readonly kind: 'file';
      readonly mode: number;
      readonly size: number;
      readonly sha256: string;
    }
  | { readonly path: string; readonly kind: 'folder'; readonly mode: number }
  | { readonly path: string; readonly kind: 'link'; readonly target: string };

/** A run that had not ended. */
export interface UnfinishedRun {
  readonly run: string;
  readonly status: string;
  /** Whether it went on in Temporal, whose database is not in the backup. */
  readonly in_temporal?: boolean;
}

/** What ends an archive: everything in it. */
export interface BackupManifest extends BackupHeader {
  /** The folder that was backed up. What runs know of their workspaces are absolute paths. */
  readonly state: string;
  readonly entries: readonly BackupEntry[];
  /** Private keys that lie in the state folder: in the backup, or left out of it. */
  readonly keys: { readonly included: readonly string[]; readonly left_out: readonly string[] };
  /** What the records say; absent where there are none. */
  readonly records?: RecordsFacts;
  /** What could not be read, or went meanwhile. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** What a copy of the records says. */
export interface RecordsFacts {
  /** Of its tables: the last migration that was applied. */
  readonly form: number;
  readonly runs: number;
  readonly unfinished: readonly UnfinishedRun[];
}

/** Undefined for what was not written by `waterflow backup`. */
export function parseHeader(text: string): BackupHeader | undefined {
  const value = parsed(text) as Partial<Record<keyof BackupHeader, Json>> | undefined; // Looked at below.
  const { format, version, created_at } = value ?? {};
  if (typeof format !== 'number' || typeof version !== 'string' || typeof created_at !== 'number') return undefined;
  return { format, version, created_at };
}

/** As {@link parseHeader}. What it says of entries is held against what is there. */
export function parseManifest(text: string): BackupManifest | undefined {
  const header = parseHeader(text);
  const value = parsed(text) as Partial<BackupManifest> | undefined; // Of a format that this program writes.
  if (header === undefined || !Array.isArray(value?.entries) || value.keys === undefined) return undefined;
  return { skipped: [], state: '', ...value, ...header, entries: value.entries, keys: value.keys };
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
