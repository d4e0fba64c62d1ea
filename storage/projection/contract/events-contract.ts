import { describe, expect, it } from 'vitest';
import type { JobKey, JsonObject } from '../../../schemas/index.ts';
import { errorOf } from '../../records/contract/store.ts';
import { allOf, createdRun, eventsOf, exampleEvent, exampleJob, exampleReport, upTo } from './samples.ts';
import type { MakeProjection } from './store.ts';

export function describeEvents(makeProjection: MakeProjection): void {
  describe('events', () => {
    it('of several machines have one order within their run', async () => {
      await using store = await makeProjection();
      const [one, other] = [await store.open(), await store.open()];
      const [run, another] = [await createdRun(one), await createdRun(one)];
      await one.append(exampleReport({ run, from: 1 }, 2));
      await other.append(exampleReport({ run, job: exampleJob, from: 1 }, 1));
      await one.append(exampleReport({ run: another, from: 1 }, 3));
      await one.append(exampleReport({ run, job: exampleJob, from: 2 }, 1));
      await one.append({ run, from: 3, events: [] });
      await other.append(exampleReport({ run, from: 3 }, 1));
      const machines = [{ kind: 'run' }, { kind: 'job', job: exampleJob }];
      const expected = [
        { sequence: 1, machine: machines[0], event: exampleEvent(1) },
        { sequence: 2, machine: machines[0], event: exampleEvent(2) },
        { sequence: 3, machine: machines[1], event: exampleEvent(1) },
        { sequence: 4, machine: machines[1], event: exampleEvent(2) },
        { sequence: 5, machine: machines[0], event: exampleEvent(3) },
      ];
      expect(await allOf(one.entries(run))).toEqual(expected);
      expect(await allOf(other.entries(run, 3))).toEqual(expected.slice(3));
      expect(await allOf(other.entries(run, 5))).toEqual([]);
      expect(await allOf(other.entries(run, 9))).toEqual([]);
      expect(await other.last(run)).toBe(5);
      expect(await other.last(another)).toBe(3);
    });

    it('are told once more without being kept twice, whole reports and parts of them', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const run = await createdRun(projection);
      for (const job of [undefined, exampleJob]) {
        const of = { run, ...(job === undefined ? {} : { job }) };
        await projection.append(exampleReport({ ...of, from: 1 }, 3));
        await projection.append(exampleReport({ ...of, from: 1 }, 3));
        await projection.append(exampleReport({ ...of, from: 2 }, 1));
        await projection.append(exampleReport({ ...of, from: 1 }, 4));
        await projection.append(exampleReport({ ...of, from: 3 }, 4));
        await projection.append(exampleReport({ ...of, from: 6 }, 1));
      }
      const entries = await allOf(projection.entries(run));
      expect(entries.map(({ sequence }) => sequence)).toEqual(upTo(12));
      for (const job of [undefined, exampleJob]) expect(eventsOf(entries, job)).toEqual(upTo(6).map(exampleEvent));
    });

    it('hold once they were told: who tells others hears of them, and none of those is kept', async () => {
      await using store = await makeProjection();
      const [one, other] = [await store.open(), await store.open()];
      const run = await createdRun(one);
      for (const job of [undefined, exampleJob]) {
        const of = { run, ...(job === undefined ? {} : { job }) };
        await one.append(exampleReport({ ...of, from: 1 }, 4));
        const [second, third, fourth] = [exampleEvent(2), exampleEvent(3), exampleEvent(4)];
        const thirdAfter = (ms: number) => ({ ...third, at: Number(third['at']) + ms });
        const different = { ...third, type: 'step_started' };
        const reports = [
          [second, thirdAfter(3_600_000)],
          [second, different],
          [different, third, fourth, exampleEvent(5)],
          [second, third, different],
        ];
        for (const events of reports) {
          expect(await other.append({ ...of, from: 2, events })).toEqual([second, third, fourth]);
        }
        // Whoever tells them once more does so later.
        const later = [second, thirdAfter(10_000), fourth, exampleEvent(5)];
        expect(await other.append({ ...of, from: 2, events: later })).toBeUndefined();
        expect(eventsOf(await allOf(one.entries(run)), job)).toEqual(upTo(5).map(exampleEvent));
      }
    });

    it('are kept once where they are told several times at the same moment, by several servers', async () => {
      await using store = await makeProjection();
      const servers = [await store.open(), await store.open()];
      const run = await createdRun(await store.open());
      const told = [
        [1, 3],
        [1, 3],
        [1, 4],
        [2, 1],
        [3, 4],
        [6, 300],
        [1, 305],
      ] as const;
      const reports = [{ run }, { run, job: exampleJob }].flatMap((of) =>
        told.map(([from, count]) => exampleReport({ ...of, from }, count)),
      );
      for (const server of servers) await server.append(exampleReport({ run, job: exampleJob, from: 1 }, 1));
      await Promise.all(servers.flatMap((server) => reports.map((report) => server.append(report))));
      const entries = await allOf((await store.open()).entries(run));
      expect(entries.map(({ sequence }) => sequence)).toEqual(upTo(610));
      for (const job of [undefined, exampleJob]) expect(eventsOf(entries, job)).toEqual(upTo(305).map(exampleEvent));
    });

    it('that follow on missing ones are refused, and none of them is kept', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const run = await createdRun(projection);
      await projection.append(exampleReport({ run, from: 1 }, 2));
      const refused = [exampleReport({ run, from: 4 }, 2), exampleReport({ run, job: exampleJob, from: 2 }, 1)];
      for (const report of refused) {
        expect(await errorOf(projection.append(report))).toMatchObject({
          code: 'JOURNAL_BROKEN',
          message: expect.stringContaining('missing'),
          remedy: expect.any(String),
        });
      }
      expect(await projection.last(run)).toBe(2);
      await projection.append(exampleReport({ run, from: 3 }, 1));
      expect(await allOf(projection.entries(run))).toHaveLength(3);
    });

    it('are kept beside others that are refused at the same moment', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const run = await createdRun(projection);
      const of = { run, job: exampleJob };
      const reports = [
        { run, from: 1 },
        { ...of, from: 1 },
        { ...of, from: 3 },
        { ...of, from: 2 },
      ];
      const appended = reports.map((report) => projection.append(exampleReport(report, 1)));
      const outcomes = await Promise.allSettled(appended);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
      const entries = await allOf(projection.entries(run));
      expect(entries.map(({ sequence }) => sequence)).toEqual(upTo(3));
      expect(eventsOf(entries, exampleJob)).toEqual(upTo(2).map(exampleEvent));
    });

    it('hold any text, have machines of any name, and are as large as a mebibyte', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const run = await createdRun(projection);
      const job = `"'; DROP TABLE projected_runs -- \u0000\u0001\ud800 ${'ü'.repeat(5000)}` as JobKey;
      const events: readonly JsonObject[] = [
        { text: '\u0000\u0001\ud800 “ü” 🦊', nested: [1, null, true, { 'a"b': -0.5 }] },
        { text: 'ü'.repeat(512 * 1024) },
        { text: 'x'.repeat(1024 * 1024) },
        {},
      ];
      await projection.append({ run, job, from: 1, events });
      const entries = await allOf(projection.entries(run));
      expect(entries.map(({ machine }) => machine)).toEqual(events.map(() => ({ kind: 'job', job })));
      // Compared by text: a diff of these would take minutes.
      for (const [index, event] of events.entries()) {
        expect(JSON.stringify(entries[index]?.event) === JSON.stringify(event)).toBe(true);
      }
    });
  });
}
