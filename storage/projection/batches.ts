import { type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { EventReport, Instead } from './port.ts';

/** Of one transaction, so that those that are first in it aren't kept waiting. */
const mostReports = 50;

interface Pending extends PromiseWithResolvers<Instead> {
  readonly report: EventReport;
}

/** Reports on their way. */
export interface Batches {
  /** Resolves once it is kept, or with what there is instead. */
  append(report: EventReport): Promise<Instead>;
  /** Resolves once all that came before have been kept or refused. */
  settled(): Promise<void>;
}

/**
 * Reports of one run would wait for each other in the database, each for the commit of the one before it, and hold a connection
 * meanwhile. Here those that come while another one is written wait, and are then written together. `write` keeps all of its reports
 * or none; where one of several is at fault, each is tried by itself.
 */
export function createBatches(
  write: (run: RunId, reports: readonly EventReport[]) => Promise<readonly Instead[]>,
): Batches {
  const waiting = new Map<RunId, Pending[]>();
  const inProgress = new Set<Promise<void>>();

  async function writeBatch(run: RunId, batch: readonly Pending[]): Promise<void> {
    try {
      const answers = await write(
        run,
        batch.map(({ report }) => report),
      );
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index]);
    } catch (cause) {
      if (batch.length > 1 && isOfOne(cause)) for (const pending of batch) await writeBatch(run, [pending]);
      else for (const { reject } of batch) reject(cause);
    }
  }

  async function writeAll(run: RunId, pending: Pending[]): Promise<void> {
    while (pending.length > 0) await writeBatch(run, pending.splice(0, mostReports));
    waiting.delete(run);
  }

  return {
    append(report) {
      const pending: Pending = { report, ...Promise.withResolvers<Instead>() };
      const others = waiting.get(report.run);
      if (others !== undefined) {
        others.push(pending);
        return pending.promise;
      }
      const first = [pending];
      waiting.set(report.run, first);
      const writing = writeAll(report.run, first).finally(() => inProgress.delete(writing));
      inProgress.add(writing);
      return pending.promise;
    },
    async settled() {
      await Promise.all(inProgress);
    },
  };
}

/** Whether a report itself was refused, rather than that the run or the database isn't there for any. */
function isOfOne(cause: unknown): boolean {
  return cause instanceof WaterflowFailure && cause.error.code === 'JOURNAL_BROKEN';
}
