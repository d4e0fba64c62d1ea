import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordedLog, RunReadings } from '../../../engine/port.ts';
import type { AbsolutePath, JobKey, RunId, StepKey } from '../../../schemas/index.ts';
import { createFolderStore, createRunIds, type RunStore, type Store } from '../../../storage/index.ts';
import type { ServerClock } from '../../parts.ts';
import type { Written } from '../batches.ts';
import type { LogSources } from '../read-log.ts';
import { RunFeeds, type RunState } from '../run-feed.ts';

/** The machine's own clock. */
export const realClock: ServerClock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** A run whose log a test writes, in a real store. */
export interface WrittenRun extends Disposable {
  readonly run: RunId;
  readonly store: RunStore;
  readonly sources: LogSources;
  readonly written: Written<RecordedLog>;
  write(parts: readonly Partial<RecordedLog>[]): void;
  become(state: RunState): void;
  /** From now on it can't be read. */
  fail(why: Error): void;
  /** How many look at the run at the moment. */
  readonly watchers: () => number;
  /** How often its log was opened for reading. */
  readonly reads: () => number;
  /** How often it was opened to be skimmed. */
  readonly skims: () => number;
  /** How many of its parts were read one by one. */
  readonly items: () => number;
}

async function* nothing(): AsyncGenerator<never, void, undefined> {}

export function createWrittenRun(readingsOf: (store: Store) => RunReadings): WrittenRun {
  const root = mkdtempSync(join(tmpdir(), 'waterflow-logs-')) as AbsolutePath; // The system's temporary folder is absolute.
  const store = createFolderStore({ root });
  const run = createRunIds({ now: () => Date.now(), randomBytes: (length) => new Uint8Array(randomBytes(length)) })();
  const open = store.create({ version: 1, run, created_at: Date.now(), tenant: 'default', plan: {}, settings: {} });
  const readings = readingsOf(store);
  const sequences = new Map<string, number>();
  let state: RunState = { status: 'running', begun: true, ended: false };
  let watchers = 0;
  let [reads, skims, items] = [0, 0, 0];
  const written: Written<RecordedLog> = {
    async *after(position) {
      reads += 1;
      for await (const item of readings.logs(run, position)) {
        items += 1;
        yield item;
      }
    },
    skim: (position) => {
      skims += 1;
      return readings.skimLogs?.(run, position) ?? nothing();
    },
    positionOf: ({ position }) => position,
    sizeOf: ({ text }) => 200 + text.length,
  };
  const watch = (changed: () => void): Disposable => {
    watchers += 1;
    const watching = readings.watch(run, changed);
    return {
      [Symbol.dispose]: () => {
        watchers -= 1;
        watching[Symbol.dispose]();
      },
    };
  };
  let failure: Error | undefined;
  const stateNow = (): Promise<RunState> => (failure === undefined ? Promise.resolve(state) : Promise.reject(failure));
  const feeds = new RunFeeds<RecordedLog>(() => ({ written, state: stateNow, watch, clock: realClock }));
  return {
    run,
    store: open,
    written,
    sources: {
      all: [{ has: ({ begun }) => begun, written: () => written, feeds }],
      state: stateNow,
      clock: realClock,
    },
    write(parts) {
      for (const {
        job = 'build',
        step = 'step',
        job_attempt = 1,
        attempt = 1,
        stream = 'stdout',
        text = '',
      } of parts) {
        const key = JSON.stringify([job, step, job_attempt, attempt]);
        const sequence = (sequences.get(key) ?? 0) + 1;
        sequences.set(key, sequence);
        const place = { job: job as JobKey, step: step as StepKey, job_attempt, attempt }; // Any text may be a key.
        open.appendLog({ ...place, sequence, at: Date.now(), stream, text });
      }
    },
    become: (next) => {
      state = next;
    },
    fail: (why) => {
      failure = why;
    },
    watchers: () => watchers,
    reads: () => reads,
    skims: () => skims,
    items: () => items,
    [Symbol.dispose]() {
      open[Symbol.dispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export const running: RunState = { status: 'running', begun: true, ended: false };
export const succeeded: RunState = { status: 'success', begun: true, ended: true };

/** Everything that an iteration gives. */
export async function gathered<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
