import { describe, expect, it } from 'vitest';
import { nextRun } from '../../records/contract/samples.ts';
import { errorOf } from '../../records/contract/store.ts';
import { sql } from '../../records/sql.ts';
import type { Projection } from '../port.ts';
import { allOf, createdRun, exampleRecord, exampleReport } from './samples.ts';
import { type MakeProjection, openTables } from './store.ts';

export function describeRuns(makeProjection: MakeProjection): void {
  describe('runs', () => {
    it('are what they were created as, also for another server', async () => {
      await using store = await makeProjection();
      const [one, other] = [await store.open(), await store.open()];
      const record = { ...exampleRecord(), plan: { text: 'a\u0000b\ud800 “ü” 🦊', none: null } };
      await one.create(record);
      expect(await other.record(record.run)).toEqual(record);
      expect(await other.last(record.run)).toBe(0);
    });

    it('are created again by whoever was not answered, and never as another run', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const { plan, ...others } = exampleRecord();
      await projection.create({ plan, ...others });
      await projection.append(exampleReport({ run: others.run, from: 1 }, 2));
      await projection.create({ ...others, plan });
      expect(await projection.last(others.run)).toBe(2);
      expect(await errorOf(projection.create({ ...others, plan: { name: 'another' } }))).toMatchObject({
        code: 'RUN_STATE',
        remedy: expect.any(String),
      });
      expect(await projection.record(others.run)).toEqual({ ...others, plan });
    });

    it('are created once by servers that do so at the same time', async () => {
      await using store = await makeProjection();
      const servers = [await store.open(), await store.open()];
      const record = exampleRecord();
      await Promise.all([...servers, ...servers, ...servers].map((server) => server.create(record)));
      expect(await allOf((await store.open()).list())).toEqual([record.run]);
    });

    it('are listed newest first, more of them than fit a page', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const runs = Array.from({ length: 1203 }, () => nextRun());
      await Promise.all(runs.map((run) => projection.create(exampleRecord(run))));
      expect(await allOf(projection.list())).toEqual(runs.toReversed());
    });

    it('that were never created are RUN_NOT_FOUND', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      await expectNotFound(projection);
      expect(await allOf(projection.list())).toEqual([]);
    });

    it('are removed with all that was kept, and others stay', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const [removed, kept] = [exampleRecord(), exampleRecord()];
      for (const { run } of [removed, kept]) {
        await projection.create(exampleRecord(run));
        for (let from = 1; from < 5000; from += 1000) await projection.append(exampleReport({ run, from }, 1000));
        await projection.set(run, 'shown', { status: 'success' }, 5000);
      }
      await projection.remove(removed.run);
      await projection.remove(removed.run);
      await projection.remove(nextRun());
      await expectNotFound(projection, removed.run);
      expect(await allOf(projection.list())).toEqual([kept.run]);
      expect(await allOf(projection.entries(kept.run))).toHaveLength(5000);
      expect(await projection.get(kept.run, 'shown')).toEqual({ status: 'success' });
      // Nothing of it has stayed behind for a run that is given its id, such as one that is rebuilt.
      await projection.create(removed);
      expect(await projection.last(removed.run)).toBe(0);
      expect(await projection.get(removed.run, 'shown')).toBeUndefined();
      await projection.append(exampleReport({ run: removed.run, from: 1 }, 1));
      expect(await allOf(projection.entries(removed.run))).toHaveLength(1);
    });

    it('whose removal was cut off by a crash are gone, and their rest goes with the next one', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const [cut, next] = [await createdRun(projection), await createdRun(projection)];
      await projection.append(exampleReport({ run: cut, from: 1 }, 2));
      await using session = await openTables(store.place);
      await session.write('begin to remove a run', function* () {
        yield sql`UPDATE projected_runs SET removed = 1 WHERE run = ${cut}`;
        yield sql`DELETE FROM projected_entries WHERE run = ${cut} AND sequence = 1`;
      });
      expect(await allOf(projection.list())).toEqual([next]);
      await expectNotFound(projection, cut);
      expect(await errorOf(projection.create(exampleRecord(cut)))).toMatchObject({ code: 'RUN_STATE' });
      await projection.remove(next);
      await projection.create(exampleRecord(cut));
      expect(await allOf(projection.entries(cut))).toEqual([]);
    });

    it('are gone for who reads or reports while they are removed', async () => {
      await using store = await makeProjection();
      const [one, other] = [await store.open(), await store.open()];
      const run = await createdRun(one);
      await one.append(exampleReport({ run, from: 1 }, 3000));
      const reading = other.entries(run)[Symbol.asyncIterator]();
      await reading.next();
      const removing = one.remove(run);
      const reported = errorOf(reportUntilRefused(other, run));
      await removing;
      expect(await reported).toMatchObject({ code: 'RUN_NOT_FOUND' });
      const read = allOf({ [Symbol.asyncIterator]: () => reading });
      expect(await errorOf(read)).toMatchObject({ code: 'RUN_NOT_FOUND' });
    });
  });
}

async function reportUntilRefused(projection: Projection, run: ReturnType<typeof nextRun>): Promise<never> {
  for (let from = 3001; ; from += 1) await projection.append(exampleReport({ run, from }, 1));
}

async function expectNotFound(projection: Projection, run = nextRun()): Promise<void> {
  const attempts: readonly (() => Promise<unknown>)[] = [
    () => projection.record(run),
    () => projection.last(run),
    () => projection.append(exampleReport({ run, from: 1 }, 1)),
    () => allOf(projection.entries(run)),
    () => projection.get(run, 'shown'),
    () => projection.set(run, 'shown', 1, 0),
  ];
  for (const attempt of attempts) {
    expect(await errorOf(attempt())).toMatchObject({ code: 'RUN_NOT_FOUND', remedy: expect.any(String) });
  }
}
