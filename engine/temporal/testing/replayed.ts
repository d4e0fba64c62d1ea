import type { InjectedSinks } from '@temporalio/worker';
import type { EngineSinks } from '../protocol.ts';

/** For tests: what replayed workflows hand over was kept when it happened. */
export const replayedSinks: InjectedSinks<EngineSinks> = { storage: { keep: { fn: () => {} } } };
