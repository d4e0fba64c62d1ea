import type { Logger } from 'winston';
import type { Engine } from '../../engine/port.ts';
import type { RunId } from '../../schemas/index.ts';
import type { RunRows } from '../../storage/records/port.ts';
import type { ServerClock } from '../parts.ts';
import { hasCode, reasonOf } from './failures.ts';
import type { Plans } from './plans.ts';

const eachMs = 60_000;
/** At a time, so that others get their turn in between. */
const atATime = 100;

/** Removes what ended longer ago than runs are kept, with its logs, now and then until disposed of. */
export function keepRuns(parts: {
  readonly engine: Engine;
  readonly rows: RunRows;
  readonly plans: Plans;
  readonly keepRunsMs: number;
  /** Removes what is kept of a run outside of the engine and the records. */
  readonly removeRest?: (run: RunId) => Promise<void>;
  readonly clock: ServerClock;
  readonly log: Logger;
}): Disposable & { readonly sweep: () => Promise<void> } {
  const { engine, rows, plans, keepRunsMs, clock, log } = parts;
  let stop = (): void => {};
  let closed = false;
  const removeAll = async (): Promise<void> => {
    for (;;) {
      const removed = await rows.removeEnded(clock.now() - keepRunsMs, atATime);
      // Plans that no run has went with them.
      plans.doubt();
      for (const run of removed) await removeOne(run);
      if (closed || removed.length < atATime) return;
    }
  };
  const removeOne = async (run: RunId): Promise<void> => {
    try {
      await parts.removeRest?.(run);
      await engine.remove(run);
    } catch (cause) {
      // It ended before an engine had it.
      if (!hasCode(cause, 'RUN_NOT_FOUND'))
        log.warn('an old run could not be removed', { run, reason: reasonOf(cause) });
    }
  };
  const sweep = async (): Promise<void> => {
    try {
      await removeAll();
    } catch (cause) {
      if (!closed) log.warn('old runs could not be removed', { reason: reasonOf(cause) });
    }
  };
  const next = (): void => {
    stop = clock.after(eachMs, () => {
      void sweep().finally(() => {
        if (!closed) next();
      });
    });
  };
  next();
  return {
    sweep,
    [Symbol.dispose]() {
      closed = true;
      stop();
    },
  };
}
