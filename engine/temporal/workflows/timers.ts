import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** Timers of one machine, by name. */
export class Timers {
  readonly #running = new Map<string, CancellationScope>();
  readonly #fired: (timer: string) => void;

  constructor(fired: (timer: string) => void) {
    this.#fired = fired;
  }

  /** Fires at or after `due`, in ms since the epoch. */
  start(timer: string, due: number): void {
    const scope = new CancellationScope();
    this.#running.set(timer, scope);
    void this.#run(timer, due, scope);
  }

  cancel(timer: string): void {
    this.#running.get(timer)?.cancel();
    this.#running.delete(timer);
  }

  cancelAll(): void {
    for (const timer of this.#running.keys()) this.cancel(timer);
  }

  async #run(timer: string, due: number, scope: CancellationScope): Promise<void> {
    try {
      await scope.run(() => sleep(Math.max(1, due - Date.now())));
    } catch (cause) {
      if (isCancellation(cause)) return;
      throw cause;
    }
    if (this.#running.get(timer) !== scope) return;
    this.#running.delete(timer);
    this.#fired(timer);
  }
}
