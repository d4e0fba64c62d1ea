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
  /** Durable when it returns: all entries, and the values that are set with them by key; or none. */
  append(entries: readonly Omit<JournalEntry, 'sequence'>[], values?: Readonly<Record<string, Json>>): void;
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

/** A run, for who only looks at it: nothing is locked or written, and another process may go on with it meanwhile. */
export interface RunReading extends Disposable {
  readonly run: RunId;
  record(): RunRecord;
  /**
   * Those that are there by now, after a sequence; default: all of them. JOURNAL_BROKEN at the first that isn't as it was written, or
   * doesn't follow the one before it.
   */
  entries(after?: number): IterableIterator<JournalEntry>;
  get(key: string): Json | undefined;
  /** The last `lines` lines of a step's attempt. */
  tail(step: Pick<LogSegment, 'job' | 'step' | 'job_attempt' | 'attempt'>, lines: number): string;
  /** What was logged after a position, in the order in which it was written; after 0 everything. */
  logsAfter(position: number): IterableIterator<PlacedSegment>;
  /** The same for who looks for a text in it: ends early at a part that alone is too large, which is to be read as it is. */
  skimLogs(position: number): IterableIterator<SkimmedSegments>;
}

/** Many parts of a log that follow on each other, as one: a log of a million of them is looked through without making each. */
export interface SkimmedSegments {
  /** Of the last one. */
  readonly position: number;
  /** Of all of them, one after the other, whoever wrote them. */
  readonly text: string;
  /** Each of them ends with a line end. */
  readonly isWhole: boolean;
}

/** A part of a log, and its position among all parts of the run's logs: later ones have higher ones. */
export interface PlacedSegment extends LogSegment {
  readonly position: number;
}

/** The folder of runs (`--state DIR`). */
export interface Store {
  /** RUN_STATE where there is a run of that id. */
  create(record: RunRecord): RunStore;
  /** Takes the run's lock. RUN_NOT_FOUND, RUN_LOCKED, JOURNAL_BROKEN. */
  open(run: RunId): RunStore;
  /** Removes all of a run, whatever it is at; what a crash leaves of it goes with a later one. RUN_NOT_FOUND, RUN_LOCKED. */
  remove(run: RunId): Promise<void>;
  list(): readonly RunId[];
  /** RUN_NOT_FOUND, JOURNAL_BROKEN. */
  read(run: RunId): RunReading;
  /** What is set for a key in a run, whoever has it open; undefined where nothing is. RUN_NOT_FOUND. */
  peek(run: RunId, key: string): Json | undefined;
  /** True while a process has the run open. RUN_NOT_FOUND. */
  isOpen(run: RunId): boolean;
  /** Calls back soon after something of the run was written, perhaps once too often. RUN_NOT_FOUND. */
  listen(run: RunId, changed: () => void): Disposable;
  /** RUN_NOT_FOUND. */
  inbox(run: RunId): Inbox;
  /** What concurrency groups are at, which all runs of this store share. */
  openGroups(): Groups;
}

/** Where other processes of the same user leave requests for the one that has a run open, and find its answers. */
export interface Inbox {
  /** Leaves a request. Its id is unique and sorts by time; from `expires_at` on (ms since the epoch) nobody takes it. */
  post(request: { readonly id: string; readonly expires_at: number; readonly content: Json }): PostedRequest;
  /** Takes the requests that wait, the oldest first, and clears away what expired before `now` (ms since the epoch). */
  take(now: number): readonly TakenRequest[];
  /** Calls back after a request may have come. */
  listen(changed: () => void): Disposable;
}

/** A request, for who made it. Disposing of it clears its files away. */
export interface PostedRequest extends Disposable {
  /** Undefined while there is none. */
  answer(): Json | undefined;
  /** True if nobody has taken it; then nobody will. */
  withdraw(): boolean;
  /** Calls back after an answer may have come. */
  listen(changed: () => void): Disposable;
}

/** A request, for who takes it. */
export interface TakenRequest {
  readonly content: Json;
  readonly answer: (content: Json) => void;
}

/** A JSON value for each group by its name. A name without one has no row. */
export interface Groups extends Disposable {
  /**
   * Replaces a group's value by what `change` gives for it, undefined for none. No other process comes in between, and it is
   * durable when it returns. What `change` throws leaves the value as it was.
   */
  change(name: string, change: (value: Json | undefined) => Json | undefined): void;
  read(name: string): Json | undefined;
  /** Those that have a value. */
  names(): readonly string[];
  /** Calls back after any group may have changed. */
  listen(changed: () => void): Disposable;
}
