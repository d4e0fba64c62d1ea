import { type ReadonlySignal, signal } from '@preact/signals';
import { ApiProblem } from '../../api/problem.ts';
import type { Run } from '../../api/types.ts';

/** What has become of the runs so far. */
export interface Progress {
  readonly done: number;
  readonly failed: readonly { readonly run: Run; readonly problem: ApiProblem }[];
  /** Those that nobody has been asked for yet. */
  readonly left: number;
  /** `waiting`: the server has too much to do, and said for how long. `over`: nothing more is asked for. */
  readonly state: 'working' | 'waiting' | 'stopping' | 'over';
}

/** What the work does, and how it waits. */
export interface BulkPowers {
  /** Rejects with an {@link ApiProblem}. */
  readonly operate: (run: Run) => Promise<unknown>;
  /** Resolves after so many ms, or at once where the signal is aborted. */
  readonly wait: (ms: number, stop: AbortSignal) => Promise<void>;
  /** Called for each run that it was done for. */
  readonly done: (run: Run) => void;
}

/** So many runs are asked for at a time. */
const atATime = 4;
/** What a server has time for that has too much to do and doesn't say how long. */
const usualPauseMs = 2000;

/** Does the same for one run after the other. It goes on whatever page is looked at, until it is over or stopped. */
export class BulkWork {
  readonly total: number;
  readonly #powers: BulkPowers;
  readonly #waiting: Run[];
  readonly #stop = new AbortController();
  readonly #progress = signal<Progress>({ done: 0, failed: [], left: 0, state: 'working' });

  constructor(runs: readonly Run[], powers: BulkPowers) {
    this.total = runs.length;
    this.#waiting = [...runs];
    this.#powers = powers;
    this.#tell({});
  }

  get progress(): ReadonlySignal<Progress> {
    return this.#progress;
  }

  /** Resolves when it is over; what failed is in its progress. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: atATime }, () => this.#work()));
    this.#tell({ state: 'over' });
  }

  /** Asks for no further run. What was asked for is waited for: nobody would know whether it was done. */
  stop(): void {
    this.#stop.abort();
    if (this.#progress.value.state !== 'over') this.#tell({ state: 'stopping' });
  }

  async #work(): Promise<void> {
    for (let run = this.#next(); run !== undefined; run = this.#next()) {
      const problem = await this.#operate(run);
      const { done, failed } = this.#progress.value;
      if (problem === undefined) {
        this.#powers.done(run);
        this.#tell({ done: done + 1 });
      } else if (isTooMuch(problem) && !this.#stop.signal.aborted) {
        this.#waiting.unshift(run);
        this.#tell({ state: 'waiting' });
        await this.#powers.wait(pauseOf(problem), this.#stop.signal);
        if (!this.#stop.signal.aborted) this.#tell({ state: 'working' });
      } else {
        this.#tell({ failed: [...failed, { run, problem }] });
      }
    }
  }

  #next(): Run | undefined {
    if (this.#stop.signal.aborted) return undefined;
    const run = this.#waiting.shift();
    this.#tell({});
    return run;
  }

  async #operate(run: Run): Promise<ApiProblem | undefined> {
    try {
      await this.#powers.operate(run);
      return undefined;
    } catch (thrown) {
      if (thrown instanceof ApiProblem) return thrown;
      throw thrown;
    }
  }

  #tell(change: Partial<Progress>): void {
    this.#progress.value = { ...this.#progress.value, ...change, left: this.#waiting.length };
  }
}

/** It was refused for now, and is worth asking for again. */
function isTooMuch({ status, retryAfter }: ApiProblem): boolean {
  return status === 429 || (status === 503 && retryAfter !== undefined);
}

function pauseOf({ retryAfter }: ApiProblem): number {
  return retryAfter === undefined ? usualPauseMs : retryAfter * 1000;
}
