import type { RecordedEvent, RecordedLog, RunReadings } from '../../engine/port.ts';
import { parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { PlacedSegment } from '../../storage/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import type { ServerParts } from '../parts.ts';
import type { Written } from './batches.ts';
import type { LogSources } from './read-log.ts';
import { RunFeeds, type RunState } from './run-feed.ts';
import type { LogSource } from './source-reading.ts';

type Parts = Pick<ServerParts, 'engine' | 'records' | 'clock'>;

/** How much of the memory of an event or a segment isn't text, in characters. */
const itemSize = 200;

/**
 * The logs of runs: what their engine wrote, and what agents shipped. An engine whose agents ship all that they log has none of its
 * own: its readings give no parts of logs.
 */
export function logSources(parts: Parts & Pick<ServerParts, 'shippedLogs'>): LogSources {
  const { state, ...source } = engineSource(parts);
  return { all: [source, shippedSource(parts)], state, clock: parts.clock };
}

function engineSource({ engine, records, clock }: Parts): LogSource & Pick<LogSources, 'state'> {
  const written = (run: string): Written<RecordedLog> => ({
    after: (position) => engine.readings.logs(runId(run), position),
    ...skimmed(engine.readings, run),
    ...logParts,
  });
  return { has: ({ begun }) => begun, written, ...followedBy({ engine, records, clock }, written) };
}

function shippedSource({ shippedLogs, clock }: Pick<ServerParts, 'shippedLogs' | 'clock'>): LogSource {
  const written = (run: string): Written<RecordedLog> => ({
    after: (position) => recorded(shippedLogs.read(runId(run), position)),
    skim: (position) => shippedLogs.skim(runId(run), position),
    ...logParts,
  });
  const feeds = new RunFeeds<RecordedLog>((run) => ({
    written: written(run),
    // Nothing here says that a run has ended: its engine does.
    state: () => Promise.resolve({ status: 'running', begun: true, ended: false }),
    watch: (changed) => shippedLogs.watch(runId(run), changed),
    clock,
  }));
  return { has: () => true, written, feeds };
}

const logParts: Pick<Written<RecordedLog>, 'positionOf' | 'sizeOf'> = {
  positionOf: ({ position }) => position,
  sizeOf: ({ text }) => itemSize + text.length,
};

function skimmed(readings: RunReadings, run: string): Pick<Written<RecordedLog>, 'skim'> {
  const skim = readings.skimLogs?.bind(readings);
  return skim === undefined ? {} : { skim: (position) => skim(runId(run), position) };
}

async function* recorded(parts: AsyncIterable<PlacedSegment>): AsyncGenerator<RecordedLog, void, undefined> {
  for await (const part of parts) yield { ...part, at: new Date(part.at).toISOString() };
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
