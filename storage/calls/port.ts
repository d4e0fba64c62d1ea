import type { RunId } from '../../schemas/index.ts';

/** One agent's record of a run's host calls: a chain of entries that begins with one that nobody else has. */
export interface CallChain {
  /** The agent's name, as it says. */
  readonly agent: string;
  /** The hash of the chain's first entry, 64 hex digits: an agent that lost its state begins another chain. */
  readonly chain: string;
}

/** An entry of a chain, as the agent wrote it. */
export interface ChainEntry {
  /** 1, 2, 3… */
  readonly sequence: number;
  /** The line of the agent's audit log, without its end. */
  readonly line: string;
}

/** An entry as it is kept. */
export interface PlacedEntry extends CallChain, ChainEntry {
  /** 1, 2, 3… over all chains of a run, in the order in which they came. */
  readonly position: number;
}

/** How far a chain is there. */
export interface KeptCalls {
  /** The sequence that comes next. */
  readonly next: number;
  /** Those that were kept now; none that came before. */
  readonly kept: readonly ChainEntry[];
  /** Entries came that follow on others which aren't there: they were not kept. */
  readonly gap: boolean;
}

/**
 * The records of host calls that agents on other machines send, as long as they send each in order: what comes again changes nothing, so
 * that an agent that wasn't answered sends it once more. Errors are WaterflowFailure with STORAGE_FULL or STORAGE_FAILED.
 */
export interface ShippedCalls extends AsyncDisposable {
  /** Keeps those entries that go on where the chain stands. Durable, all of it or nothing, when it resolves. */
  append(run: RunId, chain: CallChain, entries: readonly ChainEntry[]): Promise<KeptCalls>;
  /** What was kept of a run, in the order in which it came. Takes the memory of a page of it, and holds nothing open in between. */
  read(run: RunId): AsyncIterable<PlacedEntry>;
  /** Nothing happens where there is nothing. */
  remove(run: RunId): Promise<void>;
}
