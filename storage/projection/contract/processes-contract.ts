import { describe, expect, it } from 'vitest';
import type { JobKey } from '../../../schemas/index.ts';
import type { JournalEntry } from '../../port.ts';
import { errorOf } from '../../records/contract/store.ts';
import { openRecords } from '../../records/open.ts';
import { startReporter } from './reporter.ts';
import { allOf, createdRun, eventsOf, exampleEvent, exampleJob, exampleReport, upTo } from './samples.ts';
import type { MakeProjection } from './store.ts';

const jobs = ['a', 'b', 'c'] as readonly string[] as readonly JobKey[];

export function describeProcesses(makeProjection: MakeProjection): void {
  describe('processes', () => {
    it('that are killed in the middle of reports lose none that was acknowledged, and leave no halves', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const run = await createdRun(projection);
      const reporters = jobs.map((job) => startReporter({ place: store.place, run, job }));
      await Promise.all(
        reporters.map(({ acknowledged, onAcknowledged, ended }) => {
          const { promise, resolve, reject } = Promise.withResolvers<void>();
          onAcknowledged(() => (acknowledged() >= 200 ? resolve() : undefined));
          void ended.then((code) => reject(new Error(`a reporter ended by itself, with ${code}`)));
          return promise;
        }),
      );
      for (const { child } of reporters) child.kill('SIGKILL');
      await Promise.all(reporters.map(({ ended }) => ended));
      // What nobody saw the answer of is told once more.
      for (const [index, job] of jobs.entries()) {
        const from = (reporters[index]?.acknowledged() ?? 0) + 1;
        expect(from).toBeGreaterThan(200);
        await projection.append(exampleReport({ run, job, from }, 10));
      }
      const entries = await allOf(projection.entries(run));
      expect(entries.map(({ sequence }) => sequence)).toEqual(upTo(entries.length));
      for (const job of jobs) {
        const events = eventsOf(entries, job);
        expect(events).toEqual(upTo(events.length).map(exampleEvent));
      }
      expect(await projection.last(run)).toBe(entries.length);
    });

    it('that report at the same time all get their place, and no reader misses one that comes later', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const run = await createdRun(projection);
      // The first job is reported twice, as by a worker that is thought to be lost.
      const reporting = [...jobs, ...jobs.slice(0, 1)].map((job) =>
        startReporter({ place: store.place, run, job, count: 300 }),
      );
      const read: JournalEntry[] = [];
      let over = false;
      const ended = Promise.all(reporting.map((reporter) => reporter.ended)).finally(() => {
        over = true;
      });
      let reads = 0;
      for (let last = false; !last; last = over) {
        for await (const entry of projection.entries(run, read.length)) read.push(entry);
        reads += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
      for await (const entry of projection.entries(run, read.length)) read.push(entry);
      expect(await ended).toEqual([0, 0, 0, 0]);
      expect(reads).toBeGreaterThan(10);
      expect(read.map(({ sequence }) => sequence)).toEqual(upTo(900));
      for (const job of jobs) expect(eventsOf(read, job)).toEqual(upTo(300).map(exampleEvent));
    });

    it('that start at the same time make the tables once', async () => {
      await using store = await makeProjection();
      const projections = await Promise.all([store.open(), store.open(), store.open()]);
      for (const projection of projections) await createdRun(projection);
      expect(await allOf((await store.open()).list())).toHaveLength(3);
    });
  });

  describe('a handle', () => {
    it('shares its database with the records, whichever comes first', async () => {
      for (const first of ['records', 'projection']) {
        await using store = await makeProjection();
        if (first === 'projection') await store.open();
        await using records = await openRecords(store.place);
        const run = await createdRun(await store.open());
        expect(await allOf((await store.open()).list())).toEqual([run]);
        expect(await records.runs.get(run)).toBeUndefined();
      }
    });

    it('writes what was asked for before it closes, and then refuses', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const run = await createdRun(projection);
      const report = exampleReport({ run, job: exampleJob, from: 1 }, 3);
      const appended = [report, exampleReport({ run, from: 1 }, 1)].map((each) => projection.append(each));
      using _watching = projection.watch(run, () => undefined);
      await projection[Symbol.asyncDispose]();
      await projection[Symbol.asyncDispose]();
      await Promise.all(appended);
      for (const late of [projection.append(report), projection.last(run), allOf(projection.entries(run))]) {
        expect(await errorOf(late)).toMatchObject({ code: 'STORAGE_FAILED', remedy: expect.any(String) });
      }
      expect(await (await store.open()).last(run)).toBe(4);
    });
  });
}
