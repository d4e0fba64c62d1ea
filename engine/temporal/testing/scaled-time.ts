/** For tests: how many times faster time goes than that of the machine, in workflows, engines and executors alike. */
export const timeScale = 100;

/** Where both times are the same; a fixed one, so that whatever knows the machine's time knows this one. */
const epoch = Date.UTC(2026, 0, 1);

/** The faster time at a time of the machine, both in ms since the epoch. */
export function scaledTime(real: number): number {
  return epoch + Math.floor((real - epoch) * timeScale);
}
