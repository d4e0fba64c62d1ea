import type { Logger } from 'winston';
import type { Engine } from '../../engine/port.ts';
import type { RunId } from '../../schemas/index.ts';
import type { CallRows, RunRows } from '../../storage/records/port.ts';
import type { ServerClock } from '../parts.ts';
import { hasCode, reasonOf } from './failures.ts';
import type { Plans } from './plans.ts';
import type { Sources } from './sources.ts';

/** Not while the server starts; and soon, so that one that is started again and again removes things, too. */
const firstMs = 5_000;
const eachMs = 60_000;
/** At a time, so that others get their turn in between. */
const atATime = 100;
/** More than can't be removed at any time, unless the disk is broken. */
const mostLeftovers = 1_000;
/** Calls are rows and nothing else. */
const callsAtATime = 1_000;

/**
 * Removes runs that ended longer ago than they are kept, with their logs, and what is recorded of API calls before calls are kept, now and
 * then until disposed of.
 */
export function keepRecords(parts: {
  readonly engine: Engine;
  readonly rows: RunRows;
  readonly calls: CallRows;
  readonly plans: Plans;
  readonly sources: Sources;
  readonly keepRunsMs: number;
  readonly keepCallsMs: number;
  /** Removes what is kept of a run outside of the engine and the records. */
  readonly removeRest?: (run: RunId) => Promise<void>;
  readonly clock: ServerClock;
  readonly log: Logger;
}): Disposable & { readonly sweep: () => Promise<void> } {
  const { engine, rows, calls, plans, sources, keepRunsMs, keepCallsMs, clock, log } = parts;
  let stop = (): void => {};
  let closed = false;
  const removeRuns = async (): Promise<void> => {
    for (;;) {
      const removed = await rows.removeEnded(clock.now() - keepRunsMs, atATime);
      // Plans and sources that no run has went with them.
      plans.doubt();
      sources.doubt();
      await removeRests();
      if (closed || removed.length < atATime) return;
    }
  };
  /** Also of runs whose rest could not be removed before, or of which the process died between the two. */
  const removeRests = async (): Promise<void> => {
    const gone: RunId[] = [];
    for (const run of await rows.leftovers(mostLeftovers)) {
      if (closed) break;
      if (await removeRest(run)) gone.push(run);
    }
    if (gone.length > 0) await rows.removeLeftovers(gone);
  };
  const removeRest = async (run: RunId): Promise<boolean> => {
    try {
      await parts.removeRest?.(run);
      // Its row is gone, so nobody goes on with it, also where its machinery broke before it had come to an end.
      await engine.remove(run, { unended: 'remove' });
    } catch (cause) {
      // It ended before an engine had it.
      if (hasCode(cause, 'RUN_NOT_FOUND')) return true;
      log.warn('an old run could not be removed', { run, reason: reasonOf(cause) });
      return false;
    }
    return true;
  };
  const removeCalls = async (): Promise<void> => {
    for (;;) {
      const removed = await calls.removeBefore(clock.now() - keepCallsMs, callsAtATime);
      if (closed || removed < callsAtATime) return;
    }
  };
  const trying = async (what: string, remove: () => Promise<void>): Promise<void> => {
    try {
      await remove();
    } catch (cause) {
      if (!closed) log.warn(`old ${what} could not be removed`, { reason: reasonOf(cause) });
    }
  };
  const sweep = async (): Promise<void> => {
    await trying('runs', removeRuns);
    if (!closed) await trying('records of API calls', removeCalls);
  };
  const next = (afterMs: number): void => {
    stop = clock.after(afterMs, () => {
      void sweep().finally(() => {
        if (!closed) next(eachMs);
      });
    });
  };
  next(firstMs);
  return {
    sweep,
    [Symbol.dispose]() {
      closed = true;
      stop();
    },
  };
}
