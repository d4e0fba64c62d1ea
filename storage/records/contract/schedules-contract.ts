import { describe, expect, it } from 'vitest';
import { digestNamed, exampleRun, exampleSchedule, someTime } from './samples.ts';
import { errorOf, type MakeStore } from './store.ts';

export function describeSchedules(makeStore: MakeStore): void {
  describe('schedules', () => {
    it('are kept, listed by tenant, changed and removed; unknown ones are said to be', async () => {
      await using store = await makeStore();
      const { schedules } = await store.open();
      const [first, second] = [exampleSchedule(), exampleSchedule({ id: 'sch_2', tenant: 'other', paused: true })];
      await schedules.add([first]);
      await schedules.add([second]);
      expect(await schedules.get('sch_2')).toEqual(second);
      expect(await schedules.get('sch_3')).toBeUndefined();
      expect(await schedules.list()).toEqual([first, second]);
      expect(await schedules.list('other')).toEqual([second]);
      const changes = {
        name: 'hourly',
        cron: '0 * * * *',
        paused: true,
        inputs: {},
        catch_up_ms: 0,
        overlap: 'queue',
      } as const;
      expect(await schedules.update('sch_1', changes)).toBe(true);
      expect(await schedules.get('sch_1')).toEqual({ ...first, ...changes });
      expect(await schedules.update('sch_1', {})).toBe(true);
      expect(await schedules.update('sch_3', changes)).toBe(false);
      expect(await schedules.remove('sch_1')).toBe(true);
      expect(await schedules.remove('sch_1')).toBe(false);
      expect(await schedules.list()).toEqual([second]);
    });

    it('need a plan that is kept', async () => {
      await using store = await makeStore();
      const { schedules } = await store.open();
      const plan = digestNamed('lost');
      expect(await errorOf(schedules.add([exampleSchedule({ plan })]))).toMatchObject({ code: 'NOT_FOUND' });
      await schedules.add([exampleSchedule()]);
      expect(await errorOf(schedules.update('sch_1', { plan }))).toMatchObject({ code: 'NOT_FOUND' });
      expect(await schedules.list()).toEqual([exampleSchedule()]);
    });

    it('fire a start once, with its run, or pass it over without one', async () => {
      await using store = await makeStore();
      const { schedules, runs } = await store.open();
      await schedules.add([exampleSchedule()]);
      const run = exampleRun({ origin: { kind: 'schedule', id: 'sch_1', by: 'nightly' } });
      expect(await schedules.fire('sch_1', { from: someTime, to: someTime + 60 }, run)).toBe(true);
      expect(await schedules.fire('sch_1', { from: someTime, to: someTime + 60 }, exampleRun())).toBe(false);
      expect(await schedules.fire('sch_1', { from: someTime + 60, to: someTime + 120 })).toBe(true);
      expect(await schedules.fire('sch_2', { from: someTime, to: someTime + 60 }, exampleRun())).toBe(false);
      expect((await schedules.get('sch_1'))?.done_until).toBe(someTime + 120);
      expect((await runs.list({}, { limit: 9 })).rows).toEqual([run]);
    });

    it('stay where they were when the run is refused', async () => {
      await using store = await makeStore();
      const { schedules, runs } = await store.open();
      await schedules.add([exampleSchedule()]);
      const run = exampleRun();
      await runs.submit(run);
      const fired = schedules.fire('sch_1', { from: someTime, to: someTime + 60 }, run);
      expect(await errorOf(fired)).toMatchObject({ code: 'CONFLICT' });
      expect(await schedules.get('sch_1')).toEqual(exampleSchedule());
    });

    it('fire each start once, whichever of two servers is first', async () => {
      await using store = await makeStore();
      const [one, two] = [await store.open(), await store.open()];
      await one.schedules.add([exampleSchedule()]);
      for (let start = 0; start < 10; start += 1) {
        const at = { from: someTime + start, to: someTime + start + 1 };
        const fired = await Promise.all(
          Array.from({ length: 8 }, (_, index) =>
            (index % 2 === 0 ? one : two).schedules.fire('sch_1', at, exampleRun()),
          ),
        );
        expect(fired.filter(Boolean)).toHaveLength(1);
      }
      expect(await two.runs.count({})).toEqual({ accepted: 10 });
    });
  });
}
