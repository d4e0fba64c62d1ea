import { type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { RunReading, Store } from '../../storage/index.ts';
import type { RecordedEvent, RecordedLog, RunDetails, RunInfo, RunReadings } from '../port.ts';
import type { Clock } from './api.ts';
import { Awaiting } from './awaiting.ts';
import { neverBegan } from './failures.ts';
import { inspectRun } from './inspect.ts';
import { fromEntry, Machines } from './machines.ts';
import { timeText } from './observer.ts';
import { planOf } from './replay.ts';

/** How soon whoever watches a run looks at it again. */
const watchMs = 100;

/** Runs as their folders have them; whoever drives one isn't disturbed. */
export function createReadings(options: { readonly store: Store; readonly clock: Clock }): RunReadings {
  const { store, clock } = options;
  return {
    stateAt: async (run, sequence) => stateAt(store, run, sequence),
    events: (run, after) => eventsOf(store, run, after),
    logs: (run, after) => logsOf(store, run, after),
    watch: (_run, changed) => {
      let stop: () => void;
      const next = (): void => {
        stop = clock.after(watchMs, () => {
          next();
          changed();
        });
      };
      next();
      return { [Symbol.dispose]: () => stop() };
    },
  };
}

function stateAt(store: Store, run: RunId, sequence: number): RunDetails {
  using reading = store.read(run);
  const past: RunReading = {
    ...reading,
    run,
    record: () => reading.record(),
    tail: (step, lines) => reading.tail(step, lines),
    *entries() {
      for (const entry of reading.entries()) {
        if (entry.sequence > sequence) return;
        yield entry;
      }
    },
    // What is set beside the events is of now.
    get: () => undefined,
    [Symbol.dispose]: () => {},
  };
  return inspectRun(past, infoOf(past));
}

function infoOf(reading: RunReading): RunInfo {
  const plan = planOf(reading);
  const machines = new Machines(plan);
  const awaiting = new Awaiting();
  for (const entry of reading.entries()) {
    const applied = machines.apply(fromEntry(entry));
    for (const effect of applied?.consequences.effects ?? []) awaiting.follow(effect);
  }
  const { run } = machines;
  if (run.state === 'created') throw neverBegan(reading.run);
  const awaits = awaiting.all();
  return {
    run: reading.run,
    workflow: plan.name,
    file: plan.file,
    name: machines.name,
    attempt: machines.attempt,
    status: machines.status({ awaits: awaits.length > 0 }),
    driven: false,
    created_at: timeText(reading.record().created_at),
    ...(run.state === 'ended' ? { ended_at: timeText(run.ended_at) } : {}),
    awaits,
    ...(run.state === 'ended' && run.error !== undefined ? { error: run.error } : {}),
  };
}

async function* eventsOf(store: Store, run: RunId, after: number): AsyncGenerator<RecordedEvent, void, undefined> {
  using reading = store.read(run);
  for (const entry of reading.entries()) {
    if (entry.sequence <= after) continue;
    const { sequence, machine, event } = entry;
    const { type, at } = event;
    if (typeof type !== 'string' || typeof at !== 'number') throw brokenEntry(run, sequence);
    const job = machine.kind === 'job' ? { job: machine.job } : {};
    yield { sequence, at: timeText(at), ...job, type, event };
  }
}

async function* logsOf(store: Store, run: RunId, after: number): AsyncGenerator<RecordedLog, void, undefined> {
  using reading = store.read(run);
  for (const { at, ...part } of reading.logsAfter(after)) yield { ...part, at: timeText(at) };
}

function brokenEntry(run: RunId, sequence: number): WaterflowFailure {
  return new WaterflowFailure({
    code: 'JOURNAL_BROKEN',
    message: `event ${sequence} of ${run} has no type or time`,
    remedy: 'Restore the run from a backup; what it did so far is in its logs.',
  });
}
