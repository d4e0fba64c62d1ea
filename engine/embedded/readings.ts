import type { RunId } from '../../schemas/index.ts';
import type { RunReading, Store } from '../../storage/index.ts';
import { Awaiting } from '../driving/awaiting.ts';
import { neverBegan, noSuchEvent } from '../driving/failures.ts';
import { detailsOfRun } from '../driving/inspect.ts';
import { fromEntry, Machines } from '../driving/machines.ts';
import { timeText, timeTexts } from '../driving/observer.ts';
import { recorded } from '../driving/recorded.ts';
import type { RecordedEvent, RecordedLog, RunDetails, RunInfo, RunReadings, SkimmedLogs } from '../port.ts';
import type { Clock } from './api.ts';
import { inspectRun } from './inspect.ts';
import { planOf } from './replay.ts';
import { readInfo } from './snapshot.ts';
import { Watching } from './watching.ts';

/** Runs as their folders have them; whoever drives one isn't disturbed. */
export function createReadings(options: { readonly store: Store; readonly clock: Clock }): RunReadings {
  const { store } = options;
  const watching = new Watching(options);
  return {
    async stateAt(run, sequence) {
      // What came of the last event is what the run is at, also where it was killed, which is no event.
      return pastState(store, run, sequence) ?? presentState(store, run);
    },
    events: (run, after) => eventsOf(store, run, after),
    logs: (run, after) => logsOf(store, run, after),
    skimLogs: (run, after) => skimmedOf(store, run, after),
    watch: (run, changed) => watching.watch(run, changed),
  };
}

function presentState(store: Store, run: RunId): RunDetails {
  const info = readInfo(store, run);
  if (info === undefined) throw neverBegan(run);
  using reading = store.read(run);
  return inspectRun(reading, info);
}

/** Undefined where no event came after it. */
function pastState(store: Store, run: RunId, sequence: number): RunDetails | undefined {
  using reading = store.read(run);
  const machines = new Machines(planOf(reading));
  const awaiting = new Awaiting();
  let last = 0;
  for (const entry of reading.entries()) {
    if (entry.sequence > sequence)
      return detailsOfRun(machines, { info: infoOf(reading, machines, awaiting), logs: reading });
    last = entry.sequence;
    const applied = machines.apply(fromEntry(entry));
    awaiting.followAll(applied?.consequences.effects ?? []);
  }
  if (last < sequence) throw noSuchEvent(run, { sequence, last });
  return undefined;
}

function infoOf(reading: RunReading, machines: Machines, awaiting: Awaiting): RunInfo {
  const { run, plan, name, attempt } = machines;
  if (run.state === 'created') throw neverBegan(reading.run);
  const awaits = awaiting.all(machines);
  const ended = run.state === 'ended' ? { ended_at: timeText(run.ended_at) } : {};
  const error = run.state === 'ended' && run.error !== undefined ? { error: run.error } : {};
  return {
    run: reading.run,
    workflow: plan.name,
    file: plan.file,
    name,
    attempt,
    status: machines.status({ awaits: awaits.length > 0 }),
    driven: false,
    created_at: timeText(reading.record().created_at),
    ...ended,
    awaits,
    ...error,
  };
}

async function* eventsOf(store: Store, run: RunId, after: number): AsyncGenerator<RecordedEvent, void, undefined> {
  using reading = store.read(run);
  for (const entry of reading.entries(after)) yield recorded(run, entry);
}

async function* logsOf(store: Store, run: RunId, after: number): AsyncGenerator<RecordedLog, void, undefined> {
  using reading = store.read(run);
  const textOf = timeTexts();
  for (const part of reading.logsAfter(after)) yield { ...part, at: textOf(part.at) };
}

async function* skimmedOf(store: Store, run: RunId, after: number): AsyncGenerator<SkimmedLogs, void, undefined> {
  using reading = store.read(run);
  yield* reading.skimLogs(after);
}
