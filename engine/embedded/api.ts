import type { Executor } from '../../agent/executor/api.ts';
import type { JsonObject, Plan, RunId } from '../../schemas/index.ts';
import type { Store } from '../../storage/index.ts';

/** What the embedded engine is made of. It reads no clock, makes no randomness and starts no process by itself. */
export interface EmbeddedEngineOptions {
  readonly store: Store;
  /** Opens the agent's side of one run: called once when the run is started or resumed, disposed when this process leaves it. */
  readonly openExecutor: (run: OpenedRun) => Promise<Executor>;
  readonly clock: Clock;
  /** Unguessable bytes, for run ids. */
  readonly randomBytes: (length: number) => Uint8Array;
}

/** A run that this process has locked, as its executor must know it. */
export interface OpenedRun {
  readonly run: RunId;
  /** The run's folder; `work/`, `temp/` and the audit log are the executor's. */
  readonly folder: string;
  readonly tenant: string;
  readonly plan: Plan;
  /** As often as it was run. */
  readonly attempt: number;
  /** Values, by name. They live in memory only. Where some were given since it was asked last, it gives another object. */
  readonly secretsNow: () => Readonly<Record<string, string>>;
  /** As the run was started with. */
  readonly settings: JsonObject;
}

/** Time, as a power. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, after at least `ms` (at most 2^31 - 1); what it returns withdraws that. */
  after(ms: number, callback: () => void): () => void;
}

/** The machine's own clock. A waiting timer keeps the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
