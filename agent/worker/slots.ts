import type { ActivitySlotInfo, CustomSlotSupplier } from '@temporalio/worker';

/**
 * The places for jobs that an agent has on one of its queues. The queue's worker asks for a claim only where a place is free, and the place is
 * taken until the claim's release: an activity's own slot would be free again as soon as the claim is answered.
 */
export interface JobSlots {
  /** For the queue's worker. */
  readonly supplier: CustomSlotSupplier<ActivitySlotInfo>;
  /** Takes a place for a claim, once one is free. Rejects when aborted. */
  readonly take: (signal: AbortSignal) => Promise<void>;
  /** A claim's place is free. */
  readonly free: () => void;
  /** How many claims there are. */
  readonly inUse: number;
}

/** `count` places. `ready` is waited for before another job is asked for; default: at once. */
export function createJobSlots(
  count: number,
  ready: (signal: AbortSignal) => Promise<void> = async () => {},
): JobSlots {
  let claims = 0;
  /** Requests of the worker that wait for a task, or have one that is about to become a claim. */
  let asking = 0;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const each of Array.from(waiting)) each();
  };
  const until = async (isFree: () => boolean, signal: AbortSignal): Promise<void> => {
    while (!isFree()) await oneOf(waiting, signal);
  };
  return {
    supplier: {
      type: 'custom',
      reserveSlot: async (_, signal) => {
        await ready(signal);
        await until(() => asking + claims < count, signal);
        asking += 1;
        return {};
      },
      // Nothing is dispatched eagerly to a queue of claims.
      tryReserveSlot: () => null,
      markSlotUsed: () => {},
      releaseSlot: () => {
        asking -= 1;
        wake();
      },
    },
    // A claim that came past the queue may have taken the place that the worker asked for: then this one waits here.
    take: async (signal) => {
      await until(() => claims < count, signal);
      claims += 1;
    },
    free: () => {
      claims -= 1;
      wake();
    },
    get inUse() {
      return claims;
    },
  };
}

/** Waits to be woken. Rejects with AbortError when aborted. */
async function oneOf(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const woken = (): void => resolve(undefined);
  const aborted = (): void => reject(new DOMException('the wait for a place was given up', 'AbortError'));
  waiting.add(woken);
  signal.addEventListener('abort', aborted, { once: true });
  try {
    await promise;
  } finally {
    waiting.delete(woken);
    signal.removeEventListener('abort', aborted);
  }
}
