import { WaterflowFailure } from '../../schemas/index.ts';
import { storageFailure } from '../folder/failures.ts';

/** What a disk refused, as a failure that operators can act on. */
export function diskFailure(cause: unknown, at: { readonly doing: string; readonly file: string }): WaterflowFailure {
  const failure = storageFailure(cause, at);
  if (failure.error.code !== 'STORAGE_FULL') return failure;
  const remedy = 'Free space on that disk, or raise its quota. What was stored before is intact.';
  return new WaterflowFailure({ ...failure.error, remedy }, { cause });
}

/** The content isn't what was announced. */
export function unexpectedContent(expected: string, digest: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `the content was announced as ${expected} and is ${digest}`,
    remedy: 'Send it again, whole; it may have been cut off or changed on its way.',
  });
}
