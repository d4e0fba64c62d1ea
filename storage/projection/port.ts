import type { JobKey, Json, JsonObject, RunId } from '../../schemas/index.ts';
import type { JournalEntry, RunRecord } from '../port.ts';

/**
 * What runs did that go on elsewhere, on Temporal, as their workflows report it: the counterpart of the journal that a run of the
 * embedded engine has in its folder, shared by any number of servers. Everything is durable when its promise resolves. Errors are
 * WaterflowFailure with STORAGE_FULL or STORAGE_FAILED, and RUN_NOT_FOUND where a run was never created or has been removed.
 */
export interface Projection extends AsyncDisposable {
  /** Writes what a run is. Whoever writes the same record again changes nothing; RUN_STATE where the run has another one. */
  create(record: RunRecord): Promise<void>;
  /**
   * Keeps events of one machine of a run, in order; those that are there already are left, also where they came (`at`) within a minute of that,
   * so that whoever wasn't answered tells them once more. Where others are there under the number of one of them, none is kept, and what is there from the first number on is given: what
   * was told first holds. JOURNAL_BROKEN where some before them are missing: then none is kept. Concurrent reports, of other machines of
   * the run or by other servers, each get their place.
   */
  append(report: EventReport): Promise<Instead>;
  record(run: RunId): Promise<RunRecord>;
  /**
   * Those that are there when reading begins, after a sequence, in order: 1, 2, 3... within the run, over all of its machines. Whoever has
   * read up to a sequence misses nothing by going on behind it, whichever servers write meanwhile. Takes the memory of a page of them,
   * and holds nothing open in between: read as slowly as you like. JOURNAL_BROKEN where one is missing.
   */
  entries(run: RunId, after?: number): AsyncIterable<JournalEntry>;
  /** The sequence of the last event; 0 where there is none. */
  last(run: RunId): Promise<number>;
  /** What is set for a key of a run. */
  get(run: RunId, key: string): Promise<Json | undefined>;
  /** Sets what came of the events up to `at`, a sequence. What somebody has set that takes later ones into account stays. */
  set(run: RunId, key: string, value: Json, at: number): Promise<void>;
  /** Newest first: a run's id says when it was made. */
  list(): AsyncIterable<RunId>;
  /**
   * Calls back soon after events of a run were kept or values set, by this server or another one, or the run was removed; perhaps once too often;
   * until disposed of. Whoever watches first and reads then misses nothing.
   */
  watch(run: RunId, changed: () => void): Disposable;
  /** Takes away all of a run, at once for whoever looks; what a crash leaves of it goes with a later one. Nothing happens where there is nothing. */
  remove(run: RunId): Promise<void>;
}

/** Events that a machine of a run took in. */
export interface EventReport {
  readonly run: RunId;
  /** Absent: the run's own machine. */
  readonly job?: JobKey;
  /** Which of the machine's events the first one is: 1, 2, 3... */
  readonly from: number;
  readonly events: readonly JsonObject[];
}

/** Events of a machine that are there instead of those that were reported; undefined where those are there. */
export type Instead = readonly JsonObject[] | undefined;
