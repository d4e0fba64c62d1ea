import type { Logger } from 'winston';
import type { ServerClock } from './parts.ts';

/** Blobs go some hours later than they might: to look for them is to look at every one. */
const eachMs = 3_600_000;

/** Removes blobs that agents shipped longer ago than they are kept, at once and then every hour until disposed of. */
export function keepBlobs(parts: {
  /** Says how many they were. */
  readonly removePutBefore: (at: number) => Promise<number>;
  readonly keepMs: number;
  readonly clock: ServerClock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}): Disposable {
  const { removePutBefore, keepMs, clock, log } = parts;
  let stop = (): void => {};
  let closed = false;
  const sweep = async (): Promise<void> => {
    try {
      const removed = await removePutBefore(clock.now() - keepMs);
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
