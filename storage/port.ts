import type { JobKey, Json, JsonObject, RunId, StepKey } from '../schemas/index.ts';

/** One journal entry: which machine it is for (`run`, or a job's key) and the event, as JSON. */
export interface JournalEntry {
  /** 1, 2, 3... without gaps within a run. */
  readonly sequence: number;
  readonly machine: { readonly kind: 'run' } | { readonly kind: 'job'; readonly job: JobKey };
  readonly event: JsonObject;
}

/** A part of a step's log. */
export interface LogSegment {
  readonly job: JobKey;
  readonly step: StepKey;
  readonly job_attempt: number;
  readonly attempt: number;
  /** 1, 2, 3... within the step's attempt. */
  readonly sequence: number;
  readonly at: number;
  readonly stream: 'stdout' | 'stderr' | 'log';
  /** Already redacted. Not cut at lines. */
  readonly text: string;
}

/** What a run is, beside its events; written once when it is created. */
export interface RunRecord {
  readonly version: 1;
  readonly run: RunId;
  readonly created_at: number;
  readonly tenant: string;
  readonly plan: Json;
  /** What the driver needs to go on after a restart, e.g. the workflow's folder and approved plugins. Never a secret. */
  readonly settings: JsonObject;
}

/**
 * One run's durable state, owned by one process at a time (RUN_LOCKED otherwise). Errors are WaterflowFailure with
 * STORAGE_FULL, STORAGE_FAILED or JOURNAL_BROKEN; what was intact stays.
 */
export interface RunStore extends Disposable {
  readonly run: RunId;
  readonly folder: string;
  record(): RunRecord;
  /** Durable when it returns: all entries or none. */
  append(entries: readonly Omit<JournalEntry, 'sequence'>[]): void;
  entries(): IterableIterator<JournalEntry>;
  appendLog(segment: LogSegment): void;
  /** The last `lines` lines of a step's attempt. */
  tail(step: Pick<LogSegment, 'job' | 'step' | 'job_attempt' | 'attempt'>, lines: number): string;
  logs(step?: Pick<LogSegment, 'job' | 'step' | 'job_attempt' | 'attempt'>): IterableIterator<LogSegment>;
  /** Content-addressed; the digest is `sha256:<hex>`. */
  putBlob(bytes: Uint8Array): string;
  getBlob(digest: string): Uint8Array | undefined;
  /** Key-value, of the `store` capability and of drivers. */
  set(key: string, value: Json): void;
  get(key: string): Json | undefined;
}

/** The folder of runs (`--state DIR`). */
export interface Store {
  create(record: RunRecord): RunStore;
  /** Takes the run's lock. RUN_NOT_FOUND, RUN_LOCKED, JOURNAL_BROKEN. */
  open(run: RunId): RunStore;
  list(): readonly RunId[];
}
