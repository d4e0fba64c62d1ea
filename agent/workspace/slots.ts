/** Hands out a fixed number of slots, first come first served. */
export interface Slots {
  /** Waits for a slot. The function that comes back frees it; calling it again changes nothing. */
  take(): Promise<() => void>;
}

/** `count` slots; at least one. */
export function createSlots(count: number): Slots {
  let free = Math.max(1, Math.floor(count));
  const waiting: (() => void)[] = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next) {
      next();
    } else {
      free += 1;
    }
  };
  return {
    take: async () => {
      if (free > 0) {
        free -= 1;
      } else {
        await new Promise<void>((resolve) => waiting.push(resolve));
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
