import { outOfRoom, WaterflowFailure } from '../../schemas/index.ts';

/** Does what writes to a folder; a failure of the file system is one of the machine's, and no bug: STORAGE_FULL or STORAGE_FAILED. */
export async function storing<Result>(folder: string, act: () => Promise<Result> | Result): Promise<Result> {
  try {
    return await act();
  } catch (cause) {
    const isOfSystem = cause instanceof Error && 'syscall' in cause;
    if (cause instanceof WaterflowFailure || !isOfSystem) throw cause;
    const error = outOfRoom(cause) ?? {
      code: 'STORAGE_FAILED',
      message: `${folder} can't be changed: ${cause.message}`,
      remedy: 'Let this user write to the folder and to all in it, on a disk that is in order.',
    };
    throw new WaterflowFailure({ ...error, file: folder }, { cause });
  }
}
