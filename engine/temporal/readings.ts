import type { RunId } from '../../schemas/index.ts';
import type { LogSegment, PlacedSegment } from '../../storage/index.ts';
import type { Projection } from '../../storage/projection/port.ts';
import { noSuchEvent } from '../driving/failures.ts';
import { detailsOfRun } from '../driving/inspect.ts';
import { timeText } from '../driving/observer.ts';
import { recorded } from '../driving/recorded.ts';
import type { RecordedEvent, RecordedLog, RunReadings } from '../port.ts';
import { FollowedRun } from './followed-run.ts';
import { type FollowedRuns, infoOf, type TailsOf } from './followed-runs.ts';

/** The logs of runs, as agents shipped them. */
export interface RunLogs {
  /** What was kept after a position, in the order in which it came; after 0 everything. */
  readonly read: (run: RunId, after: number) => AsyncIterable<PlacedSegment>;
  /** The position of what came last; 0 where nothing has. */
  readonly last: (run: RunId) => Promise<number>;
  /** The last `lines` lines of a step's attempt. */
  readonly tail: (
    run: RunId,
    step: Pick<LogSegment, 'job' | 'step' | 'job_attempt' | 'attempt'>,
    lines: number,
  ) => Promise<string>;
  readonly remove: (run: RunId) => Promise<void>;
  /** Calls back soon after something of the run may have come. */
  readonly watch: (run: RunId, changed: () => void) => Disposable;
}

/** Where readings come from. */
export interface ReadingParts {
  readonly projection: Projection & Watchable;
  readonly logs: RunLogs;
  readonly runs: FollowedRuns;
  readonly tails: TailsOf;
}

/** What tells when something of a run was written. */
export interface Watchable {
  readonly watch: (run: RunId, changed: () => void) => Disposable;
}

/** Runs as their projection has them. */
export function createReadings({ projection, logs, runs, tails }: ReadingParts): RunReadings {
  return {
    async stateAt(run, sequence) {
      const last = await projection.last(run);
      if (sequence > last) throw noSuchEvent(run, { sequence, last });
      // What came of the last event is what the run is at, also where it was killed, which is no event.
      if (sequence === last) return await runs.details(run);
      const past = await FollowedRun.open(run, projection);
      await past.catchUp(sequence);
      return detailsOfRun(past.machines, { info: infoOf(past, undefined), logs: await tails(past) });
    },
    events: (run, after) => eventsOf(projection, run, after),
    logs: (run, after) => logsOf({ projection, logs }, run, after),
    watch: (run, changed) => {
      const watched = [projection.watch(run, changed), logs.watch(run, changed)];
      return {
        [Symbol.dispose]: () => {
          for (const each of watched) each[Symbol.dispose]();
        },
      };
    },
  };
}

async function* eventsOf(
  projection: Projection,
  run: RunId,
  after: number,
): AsyncGenerator<RecordedEvent, void, undefined> {
  await projection.record(run);
  for await (const entry of projection.entries(run, after)) yield recorded(run, entry);
}

async function* logsOf(
  { projection, logs }: Pick<ReadingParts, 'projection' | 'logs'>,
  run: RunId,
  after: number,
): AsyncGenerator<RecordedLog, void, undefined> {
  await projection.record(run);
  for await (const { at, ...part } of logs.read(run, after)) yield { ...part, at: timeText(at) };
}
