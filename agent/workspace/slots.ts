/** Hands out a fixed number of slots, first come first served. */
export interface Slots {
  /**
   * Waits for a slot. The function that comes back frees it; calling it again changes nothing. Rejects with the signal's reason
   * where that is aborted while it waits.
   */
  take(signal?: AbortSignal): Promise<() => void>;
}

/** `count` slots; at least one. */
export function createSlots(count: number): Slots {
  let free = Math.max(1, Math.floor(count));
  const waiting = new Set<() => void>();

  const release = (): void => {
    const [next] = waiting;
    if (next === undefined) {
      free += 1;
    } else {
      waiting.delete(next);
      next();
    }
  };

  const wait = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      const giveUp = (): void => {
        waiting.delete(proceed);
        reject(signal?.reason);
      };
      const proceed = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      waiting.add(proceed);
      signal?.addEventListener('abort', giveUp, { once: true });
    });

  return {
    take: async (signal) => {
      signal?.throwIfAborted();
      if (free > 0) {
        free -= 1;
      } else {
        await wait(signal);
      }
      let held = true;
      return () => {
        if (held) {
          held = false;
          release();
        }
      };
    },
  };
}
