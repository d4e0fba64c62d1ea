import type { RunId } from '../schemas/index.ts';

/** An agent's record of what a run's plugins did, as it was checked just now, from its first entry to its last. */
export interface AuditRecord {
  /** The agent on another machine that ships it; absent: the one of this process. */
  readonly agent?: string;
  /**
   * `intact`: as it was written, and closed. `unfinished`: what is there is as it was written, and it isn't closed. `torn`: the same, and
   * its last entry is incomplete. `broken`: it isn't what was written.
   */
  readonly state: 'intact' | 'unfinished' | 'torn' | 'broken';
  /** Why it isn't intact. */
  readonly reason?: string;
  /** The entries that hold, from the first on. */
  readonly entries: number;
  /** Of them, those that a signature covers. */
  readonly signed: number;
  /** The id of the key that signed. */
  readonly key?: string;
  /** `agent`: the key of the agent in this process. `record`: the one that the record names itself, which anybody could have made. */
  readonly checked_with: 'agent' | 'record';
}

/** The records of a run; none where nothing was recorded. */
export type ReadAuditRecords = (run: RunId) => Promise<readonly AuditRecord[]>;
