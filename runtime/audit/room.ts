import { type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';

/** As the system says it where a write was cut short. */
export function noRoom(): Error {
  return Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
}

/** Whether something failed because there was no room for it: a full disk, a quota, a limit on the size of files. */
export function isNoRoom(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
}

/** Why a record can't be written, as an error of the run. */
export function storageFailure(cause: unknown, file: string): WaterflowFailure {
  if (cause instanceof WaterflowFailure) return cause;
  const full = isNoRoom(cause);
  const error: WaterflowError = {
    code: full ? 'STORAGE_FULL' : 'STORAGE_FAILED',
    message: `the audit log ${file} can't be written: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy: full
      ? 'Free some space and resume the run.'
      : 'Check the state folder and its permissions, then resume the run.',
    file,
  };
  return new WaterflowFailure(error, { cause });
}
