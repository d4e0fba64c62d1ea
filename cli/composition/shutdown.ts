import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

/** Resolves with the name of the first signal that asks this process to end. The second one ends it at once, whatever it does. */
export function firstSignal({ onInterrupt }: Pick<Terminal, 'onInterrupt'>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let count = 0;
  onInterrupt((signal) => {
    count += 1;
    if (count === 1) return resolve(signal);
    // What was acknowledged is on the disk, and sandboxes end with this process.
    process.exit(exitCodes.interrupted);
  });
  return promise;
}
