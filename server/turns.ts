import { setImmediate } from 'node:timers/promises';

/** Others get their turn after so long. */
const turnMs = 10;

/** For work that may take long: awaited now and then, it lets others have their turn where this one took long enough. */
export function createTurns(): () => Promise<void> {
  let begun = performance.now();
  return async () => {
    if (performance.now() - begun < turnMs) return;
    await setImmediate();
    begun = performance.now();
  };
}
