import type { InjectedSinks } from '@temporalio/worker';
import type { EngineSinks } from '../protocol.ts';

const done = { fn: (): void => {} };

/** For tests: what replayed workflows hand over was done when it happened. */
export const replayedSinks: InjectedSinks<EngineSinks> = {
  storage: { keep: done },
  jobs: { begin: done, finish: done },
};
