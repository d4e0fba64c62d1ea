import type { Logger } from 'winston';
import type { RunRows } from '../../storage/records/port.ts';
import type { ServerClock } from '../parts.ts';
import { hasCode, reasonOf } from './failures.ts';
import type { SharedEngine } from './shared-engine.ts';

/** Often enough for whoever waits to see it, and rarely enough to cost nothing. */
const eachMs = 15_000;

/** Ends runs that go on by their rows alone, now and then until disposed of. */
export function endLostRuns(parts: {
  readonly rows: Pick<RunRows, 'unfinished'>;
  readonly shared: SharedEngine;
  readonly clock: ServerClock;
  readonly log: Logger;
}): Disposable {
  const { rows, shared, clock, log } = parts;
  let closed = false;
  let stop = (): void => {};
  let told = 0;
  const sweep = async (): Promise<void> => {
    const going = (await rows.unfinished()).map(({ run }) => run);
    const { ended, unknown } = await shared.endLost(going);
    for (const run of ended) log.warn('a run was ended outside of waterflow', { run, code: 'RUN_LOST' });
    if (unknown.length > told) {
      log.error('Temporal knows nothing of runs that go on: is it the one in which they were started?', {
        runs: unknown.length,
        such_as: unknown[0],
        remedy:
          'If it is not, stop this server. If it is, they end within an hour, or at once by `waterflow terminate`.',
      });
    }
    told = unknown.length;
  };
  const next = (): void => {
    stop = clock.after(eachMs, () => {
      void sweep()
        .catch((cause: unknown) => {
          // What keeps it from that is said elsewhere, and over soon.
          if (closed || hasCode(cause, 'SERVER_UNAVAILABLE')) return;
          log.warn('runs could not be looked after', { reason: reasonOf(cause) });
        })
        .finally(() => {
          if (!closed) next();
        });
    });
  };
  next();
  return {
    [Symbol.dispose]() {
      closed = true;
      stop();
    },
  };
}
