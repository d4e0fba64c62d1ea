import type { ActivitySlotInfo, CustomSlotSupplier } from '@temporalio/worker';

/**
 * The places for jobs that an agent has on one of its queues. The queue's worker takes a claim only where a place is free, and the place is
 * taken until the claim's release: an activity's own slot would be free again as soon as the claim is answered.
 */
export interface JobSlots {
  /** For the queue's worker. */
  readonly supplier: CustomSlotSupplier<ActivitySlotInfo>;
  /** Takes a place for a claim that comes past the queue, once one is free. Rejects when aborted. */
  readonly take: (signal: AbortSignal) => Promise<void>;
  /** A claim's place is free. */
  readonly free: () => void;
  /** A claim that was taken from the queue keeps its place from now on, until free(). */
  readonly keep: () => void;
  readonly inUse: number;
}

/** `count` places. */
export function createJobSlots(count: number): JobSlots {
  /** Held by claims, and by polls that wait for one. */
  let taken = 0;
  /** Of polls whose task has come: the claim keeps the place, or gives it back with its end. */
  let kept = 0;
  const waiting: (() => void)[] = [];
  const give = (): void => {
    taken -= 1;
    waiting.shift()?.();
  };
  const isFree = (): boolean => taken < count;
  const reserve = async (signal: AbortSignal): Promise<void> => {
    // Whoever is woken may find that another was faster.
    while (!isFree()) {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const wake = (): void => resolve(undefined);
      const abort = (): void => {
        const place = waiting.indexOf(wake);
        if (place >= 0) waiting.splice(place, 1);
        reject(new DOMException('the wait for a place was given up', 'AbortError'));
      };
      waiting.push(wake);
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      await promise.finally(() => signal.removeEventListener('abort', abort));
    }
    taken += 1;
  };
  return {
    supplier: {
      type: 'custom',
      reserveSlot: async (_, signal) => {
        await reserve(signal);
        return { kept: false };
      },
      // Nothing is dispatched eagerly to a queue of claims.
      tryReserveSlot: () => null,
      markSlotUsed: () => {},
      releaseSlot: () => {
        if (kept > 0) kept -= 1;
        else give();
      },
    },
    take: reserve,
    keep: () => {
      kept += 1;
    },
    free: give,
    get inUse() {
      return taken;
    },
  };
}
