import type { ProcessMemory } from './memory.ts';
import type { SupervisorPowers } from './powers.ts';

/**
 * How often memory is looked at. A guest that fills memory as fast as it can overshoots by at most 34 MiB at this pace
 * (measured); the rlimit stops what the watchdog would miss while the agent is busy.
 */
const pollMs = 25;

/** Code pages that an invocation may touch for the first time: they count as resident and are no guest's memory. */
const sharedSlackBytes = 96 * 1024 * 1024;

/** A process to watch. */
export interface Watched {
  memory(): ProcessMemory | undefined;
  /** Above what it holds now. */
  readonly allowance_bytes: number;
  /** Called once, when it holds more. */
  readonly onOver: () => void;
}

/** Watches the memory of processes that run guests; polls only while there is one. */
export class MemoryWatchdog {
  readonly #powers: SupervisorPowers;
  readonly #checks = new Set<() => void>();
  #stopPolling: (() => void) | undefined;

  constructor(powers: SupervisorPowers) {
    this.#powers = powers;
  }

  /** Watches from now on; the result ends it. */
  watch(watched: Watched): () => void {
    const start = watched.memory();
    if (start === undefined) return () => {};
    const check = (): void => {
      const now = watched.memory();
      if (now === undefined) return;
      const anonymous = now.anonymous - start.anonymous;
      const resident = now.resident - start.resident;
      if (anonymous <= watched.allowance_bytes && resident <= watched.allowance_bytes + sharedSlackBytes) return;
      this.#remove(check);
      watched.onOver();
    };
    this.#checks.add(check);
    this.#stopPolling ??= this.#powers.every(pollMs, () => {
      for (const each of this.#checks) each();
    });
    return () => this.#remove(check);
  }

  #remove(check: () => void): void {
    this.#checks.delete(check);
    if (this.#checks.size > 0) return;
    this.#stopPolling?.();
    this.#stopPolling = undefined;
  }
}
