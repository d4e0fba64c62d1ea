import type { ProcessMemory } from './memory.ts';
import type { SupervisorPowers } from './powers.ts';

/**
 * How often memory is looked at, in milliseconds: as often as the one that is nearest to its limit needs. A look takes 8 us. The
 * rlimit (at level 4 the group's limit) stops what the watchdog would miss while the agent is busy.
 */
const paces: readonly number[] = [25, 10, 5, 2];
/** What a guest can fill in a millisecond: 1.5 MiB were measured on 2 GHz processors; faster ones exist. */
const fillBytesPerMs = 3 * 1024 * 1024;
/** Over the limit, this much may be found at a look; killing takes a few milliseconds more. */
const toleratedBytes = 6 * 1024 * 1024;

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

/** Watches the memory of processes that run guests; polls only while there is one, and faster where one is near its limit. */
export class MemoryWatchdog {
  readonly #powers: SupervisorPowers;
  /** Each looks at one process, and tells what it may still take. */
  readonly #looks = new Set<() => number>();
  #polling: { readonly pace: number; readonly stop: () => void } | undefined;

  constructor(powers: SupervisorPowers) {
    this.#powers = powers;
  }

  /** Watches from now on; the result ends it. */
  watch(watched: Watched): () => void {
    const start = watched.memory();
    if (start === undefined) return () => {};
    const look = (): number => {
      const now = watched.memory();
      if (now === undefined) return Number.POSITIVE_INFINITY;
      const left = Math.min(
        watched.allowance_bytes - (now.anonymous - start.anonymous),
        watched.allowance_bytes + sharedSlackBytes - (now.resident - start.resident),
      );
      if (left < 0) {
        this.#remove(look);
        watched.onOver();
      }
      return left;
    };
    this.#looks.add(look);
    this.#poll(Math.min(this.#polling?.pace ?? Number.POSITIVE_INFINITY, paceFor(watched.allowance_bytes)));
    return () => this.#remove(look);
  }

  #poll(pace: number): void {
    if (this.#polling?.pace === pace) return;
    this.#polling?.stop();
    this.#polling = { pace, stop: this.#powers.every(pace, () => this.#lookAtAll()) };
  }

  #lookAtAll(): void {
    const left = [...this.#looks].map((look) => look());
    if (this.#looks.size > 0) this.#poll(paceFor(Math.min(...left)));
  }

  #remove(look: () => number): void {
    this.#looks.delete(look);
    if (this.#looks.size > 0) return;
    this.#polling?.stop();
    this.#polling = undefined;
  }
}

/** The slowest pace at which one that may take so much more isn't found far over its limit. */
function paceFor(leftBytes: number): number {
  const milliseconds = (Math.max(0, leftBytes) + toleratedBytes) / fillBytesPerMs;
  return paces.find((pace) => pace <= milliseconds) ?? Math.min(...paces);
}
