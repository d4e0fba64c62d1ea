import type { Process } from '../../e2e/processes.ts';

/** What is killed. `worker`: a `waterflow engine`; a `server` has one in itself, too. */
export type VictimKind = 'server' | 'worker' | 'agent' | 'temporal';

/** A process that can be killed and started again. */
export interface Victim {
  readonly kind: VictimKind;
  /** Unique in its world. */
  readonly name: string;
  /** Kills it; gives the processes that have to end with it. */
  readonly kill: () => Promise<readonly Process[]>;
  /** Resolves when it does its work again, with whatever is there of the others. */
  readonly start: () => Promise<void>;
}

/** The processes that carry out runs, and where they keep their things. */
export interface ChaosWorld {
  readonly engine: 'embedded' | 'temporal';
  /** Of the server, the same after it was started again. */
  readonly url: string;
  readonly victims: readonly Victim[];
  /** Folders that have a folder for each run, with its workspaces. */
  readonly states: readonly string[];
  /** What still goes on of a run that has ended, in words. */
  readonly goesOn: (run: string) => Promise<readonly string[]>;
  /** Ends all of it in order; gives the processes that there were. */
  readonly end: () => Promise<readonly Process[]>;
}
