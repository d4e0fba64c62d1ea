import type { RecordedEvent, RecordedLog } from '../../engine/port.ts';
import { parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import type { ServerParts } from '../parts.ts';
import type { Written } from './batches.ts';
import type { LogSources } from './read-log.ts';
import { RunFeeds, type RunState } from './run-feed.ts';

type Parts = Pick<ServerParts, 'engine' | 'records' | 'clock'>;

/** How much of the memory of an event or a segment isn't text, in characters. */
const itemSize = 200;

/** The logs of the engine's runs. */
export function logSources({ engine, records, clock }: Parts): LogSources {
  const written = (run: string): Written<RecordedLog> => ({
    after: (position) => engine.readings.logs(runId(run), position),
    positionOf: ({ position }) => position,
    sizeOf: ({ text }) => itemSize + text.length,
  });
  return { written, clock, ...followedBy({ engine, records, clock }, written) };
}

/** Where events come from. */
export interface EventSources {
  readonly written: (run: string) => Written<RecordedEvent>;
  readonly state: (run: string) => Promise<RunState>;
  readonly feeds: RunFeeds<RecordedEvent>;
}

/** The events of the engine's runs. */
export function eventSources({ engine, records, clock }: Parts): EventSources {
  const written = (run: string): Written<RecordedEvent> => ({
    after: (sequence) => engine.readings.events(runId(run), sequence),
    positionOf: ({ sequence }) => sequence,
    sizeOf: ({ event }) => itemSize + JSON.stringify(event).length,
  });
  return { written, ...followedBy({ engine, records, clock }, written) };
}

function followedBy<Item>({ engine, records, clock }: Parts, written: (run: string) => Written<Item>) {
  const state = (run: string): Promise<RunState> => stateOf({ engine, records }, runId(run));
  const feeds = new RunFeeds<Item>((run) => ({
    written: written(run),
    state: () => state(run),
    watch: (changed) => engine.readings.watch(runId(run), changed),
    clock,
  }));
  return { state, feeds };
}

/** A run that no engine has is as its row says: not begun, or ended before it could. */
async function stateOf({ engine, records }: Pick<Parts, 'engine' | 'records'>, run: RunId): Promise<RunState> {
  try {
    const { status, ended_at } = await engine.info(run);
    return { status, begun: true, ended: ended_at !== undefined };
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure && cause.error.code === 'RUN_NOT_FOUND')) throw cause;
    const row = await records.runs.get(run);
    if (row === undefined) throw cause;
    return { status: row.status, begun: false, ended: hasEnded(row.status) };
  }
}

function hasEnded(status: RunRow['status']): boolean {
  return status === 'success' || status === 'failure' || status === 'cancelled';
}

/** Routes ask for runs that there are. */
function runId(text: string): RunId {
  const run = parseRunId(text);
  if (run === undefined) throw new TypeError(`not the id of a run: ${text}`);
  return run;
}
