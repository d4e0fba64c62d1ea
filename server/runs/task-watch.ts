import type { Worker } from 'node:worker_threads';
import type { ServerClock } from '../parts.ts';

/** How long a task of a thread may take, in ms. */
export interface TaskLimits {
  /** How often the thread is looked at. */
  readonly lookMs: number;
  /** Of a processor: what takes more is too heavy, however busy the machine is. */
  readonly processorMs: number;
  /** By the clock: where a thread has not had its share of a processor by then, the machine is too busy. */
  readonly longestMs: number;
}

/**
 * Watches what a thread is given to do. Tells once, where it has taken too much of a processor, or too long; the result ends the watch. A clock
 * alone would find fault with a light task on a machine that is busy with others.
 */
export function watchTask(
  worker: Worker,
  clock: ServerClock,
  { limits, tell }: { readonly limits: TaskLimits; readonly tell: (what: 'too heavy' | 'too long') => void },
): () => void {
  const begun = clock.now();
  let before: number | undefined;
  let over = false;
  let stop = (): void => {};
  const end = (): void => {
    over = true;
    stop();
  };
  const verdict = (what: 'too heavy' | 'too long'): void => {
    if (over) return;
    end();
    tell(what);
  };
  const compare = async (): Promise<void> => {
    const used = await processorMs(worker);
    if (used !== undefined && used - (before ?? 0) >= limits.processorMs) verdict('too heavy');
  };
  const look = (): void => {
    if (clock.now() - begun >= limits.longestMs) return verdict('too long');
    stop = clock.after(limits.lookMs, look);
    // It answers where the thread takes a breath, which may be never: the next look comes all the same.
    void compare();
  };
  const begin = async (): Promise<void> => {
    before = await processorMs(worker);
  };
  void begin();
  stop = clock.after(limits.lookMs, look);
  return end;
}

/** What a thread has taken of a processor so far; undefined where it isn't running yet, or any more. */
async function processorMs(worker: Worker): Promise<number | undefined> {
  try {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1000;
  } catch {
    return undefined;
  }
}
