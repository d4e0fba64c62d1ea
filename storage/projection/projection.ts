import type { RunId } from '../../schemas/index.ts';
import type { Session } from '../records/session.ts';
import { createBatches } from './batches.ts';
import type { Projection } from './port.ts';
import { append } from './tables/append.ts';
import { readEntries } from './tables/entries.ts';
import { removeRun } from './tables/removal.ts';
import { createRun, lastOf, readRecord, runsBefore, versionOfEach } from './tables/runs.ts';
import { getValue, setValue } from './tables/values.ts';
import { createWatching } from './watching.ts';

const listedAtOnce = 500;

/** The projection in a database that a session reaches. */
export function projectionOver(session: Session): Projection {
  const watching = createWatching((runs) => session.read('look how far runs are', () => versionOfEach(runs)));
  const batches = createBatches((run, reports) => session.write('write events of a run', () => append(run, reports)));
  return {
    create: (record) => session.write('write a run', () => createRun(record)),
    async append(report) {
      if (report.events.length === 0) return undefined;
      const instead = await batches.append(report);
      watching.tell(report.run);
      return instead;
    },
    record: (run) => session.read('read a run', () => readRecord(run)),
    entries: (run, after = 0) => readEntries(session, run, after),
    last: (run) => session.read('read how far a run is', () => lastOf(run)),
    get: (run, key) => session.read('read a value of a run', () => getValue(run, key)),
    async set(run, key, content, at) {
      await session.write('write a value of a run', () => setValue(run, key, { content, at }));
      watching.tell(run);
    },
    list: () => listRuns(session),
    watch: (run, changed) => watching.watch(run, changed),
    async remove(run) {
      await removeRun(session, run);
      watching.tell(run);
    },
    async [Symbol.asyncDispose]() {
      watching[Symbol.dispose]();
      await batches.settled();
      await session[Symbol.asyncDispose]();
    },
  };
}

async function* listRuns(session: Session): AsyncGenerator<RunId, void, undefined> {
  let last: RunId | undefined;
  do {
    const before = last;
    const runs = await session.read('list runs', () => runsBefore(before, listedAtOnce));
    yield* runs;
    last = runs.at(-1);
  } while (last !== undefined);
}
