import type { WaterflowError } from './errors.ts';

/** SQLITE_FULL. */
const sqliteFull = 13;

/**
 * What to say where something failed for want of room on a disk, whatever was being done and whoever did it without thinking of that;
 * undefined for any other failure.
 */
export function outOfRoom(cause: unknown): WaterflowError | undefined {
  if (!isForWantOfRoom(cause)) return undefined;
  return {
    code: 'STORAGE_FULL',
    message: `no space is left on a disk: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy: 'Free space on that disk, or raise its quota, and try again.',
  };
}

function isForWantOfRoom(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  // What Node's file system and SQLite give their errors.
  const { code, errcode, cause } = thrown as {
    readonly code?: unknown;
    readonly errcode?: unknown;
    readonly cause?: unknown;
  };
  return code === 'ENOSPC' || code === 'EDQUOT' || errcode === sqliteFull || isForWantOfRoom(cause);
}
