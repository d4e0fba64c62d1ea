import type { Logger } from 'winston';
import type { ServerClock } from './parts.ts';

/** Blobs go some hours later than they might: to look for them is to look at every one. */
const eachMs = 3_600_000;

/**
 * Removes blobs that agents shipped longer ago than they are kept, at once and then every hour until disposed of. One that a run may
 * have shipped that is still there stays, however long that run takes.
 */
export function keepBlobs(parts: {
  /** Says how many they were. */
  readonly removePutBefore: (at: number) => Promise<number>;
  /** When the oldest run that is there was created; undefined where there is none. */
  readonly oldestRun: () => Promise<number | undefined>;
  readonly keepMs: number;
  readonly clock: ServerClock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}): Disposable {
  const { removePutBefore, oldestRun, keepMs, clock, log } = parts;
  let stop = (): void => {};
  let closed = false;
  const sweep = async (): Promise<void> => {
    try {
      const before = clock.now() - keepMs;
      const removed = await removePutBefore(Math.min(before, (await oldestRun()) ?? before));
      if (removed > 0) log.info('old blobs were removed', { removed });
    } catch (cause) {
      log.warn('old blobs could not be removed', { reason: cause instanceof Error ? cause.message : String(cause) });
    }
    if (!closed) stop = clock.after(eachMs, () => void sweep());
  };
  void sweep();
  return {
    [Symbol.dispose]() {
      closed = true;
      stop();
    },
  };
}
