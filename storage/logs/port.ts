import type { RunId } from '../../schemas/index.ts';
import type { LogSegment, PlacedSegment, SkimmedSegments } from '../port.ts';

/** One attempt of a step of a run, which has a log of its own. */
export type LogAddress = Pick<LogSegment, 'job' | 'step' | 'job_attempt' | 'attempt'>;

/** How far the log of a step's attempt is there. */
export interface Shipped extends LogAddress {
  /** The sequence that comes next. */
  readonly next: number;
  /** Segments came that follow on others which aren't there: they were not kept. */
  readonly gap: boolean;
}

/**
 * Logs that agents on other machines send, as long as they send them in order: what comes again changes nothing, so that an agent that
 * wasn't answered sends it once more. Errors are WaterflowFailure with STORAGE_FULL or STORAGE_FAILED.
 */
export interface ShippedLogs extends AsyncDisposable {
  /**
   * Keeps those of a run's segments that go on where their step's attempt stands; tells of each attempt among them how far it is there
   * now. Durable, all of it or nothing, when it resolves. Of one attempt only so much is kept; the rest is taken and dropped, and the
   * log says so.
   */
  append(run: RunId, segments: readonly LogSegment[]): Promise<readonly Shipped[]>;
  /**
   * What was kept after a position, in the order in which it came; after 0 everything. Whoever has read up to a position misses nothing
   * by going on behind it, whichever servers write meanwhile. Takes the memory of a page of it, and holds nothing open in between.
   */
  read(run: RunId, after: number): AsyncIterable<PlacedSegment>;
  /** The same for who looks for a text in it: see RunReading.skimLogs. */
  skim(run: RunId, after: number): AsyncIterable<SkimmedSegments>;
  /** Calls back soon after something was kept, by this server or another one, perhaps once too often; until disposed of. */
  watch(run: RunId, changed: () => void): Disposable;
  /** Nothing happens where there is nothing. */
  remove(run: RunId): Promise<void>;
}
