import { describe, expect, it } from 'vitest';
import type { Records, RunRow } from '../port.ts';
import { exampleRun, namesFound, someTime } from './samples.ts';
import type { MakeStore } from './store.ts';

async function submitAll({ runs }: Records, rows: readonly Partial<RunRow>[]): Promise<void> {
  for (const [index, row] of rows.entries()) await runs.submit(exampleRun({ created_at: someTime + index, ...row }));
}

export function describeFilters(makeStore: MakeStore): void {
  describe('filters', () => {
    it('find runs by tenant, status, time and origin, and count them', async () => {
      await using store = await makeStore();
      const records = await store.open();
      await submitAll(records, [
        { name: 'a', tenant: 'one', status: 'running' },
        { name: 'b', tenant: 'one', status: 'success', origin: { kind: 'schedule', id: 'sch_1', by: 'nightly' } },
        { name: 'c', tenant: 'two', status: 'running', origin: { kind: 'schedule', id: 'sch_2', by: 'hourly' } },
        { name: 'd', tenant: 'two' },
      ]);
      const { runs } = records;
      expect(await namesFound(runs, {})).toEqual(['d', 'c', 'b', 'a']);
      expect(await namesFound(runs, { tenant: 'one' })).toEqual(['b', 'a']);
      expect(await namesFound(runs, { tenant: 'On%' })).toEqual([]);
      expect(await namesFound(runs, { status: ['running', 'success'] })).toEqual(['c', 'b', 'a']);
      expect(await namesFound(runs, { status: [] })).toEqual([]);
      expect(await namesFound(runs, { created_from: someTime + 1 })).toEqual(['d', 'c', 'b']);
      expect(await namesFound(runs, { created_until: someTime + 1 })).toEqual(['a']);
      expect(await namesFound(runs, { origin: { kind: 'schedule' } })).toEqual(['c', 'b']);
      expect(await namesFound(runs, { origin: { kind: 'schedule', id: 'sch_2' } })).toEqual(['c']);
      expect(await namesFound(runs, { tenant: 'one', origin: { kind: 'schedule', id: 'sch_2' } })).toEqual([]);
      expect(await runs.count({})).toEqual({ running: 2, success: 1, accepted: 1 });
      expect(await runs.count({ tenant: 'two', status: ['running'] })).toEqual({ running: 1 });
      expect(await runs.count({ tenant: 'three' })).toEqual({});
    });

    it('find runs that wait for something of a kind, until they end', async () => {
      await using store = await makeStore();
      const records = await store.open();
      const approval = { kind: 'approval', name: 'approval:a' } as const;
      const signal = { kind: 'signal', name: 'paid' } as const;
      const both = exampleRun({ name: 'both', status: 'running', awaits: [approval, signal, approval] });
      const none = exampleRun({ name: 'none', tenant: 'one', status: 'running' });
      for (const row of [both, none]) await records.runs.submit(row);
      expect(await namesFound(records.runs, { awaits: 'approval' })).toEqual(['both']);
      expect(await namesFound(records.runs, { awaits: 'secrets' })).toEqual([]);
      await records.runs.update(none.run, { awaits: [signal] });
      expect(await namesFound(records.runs, { awaits: 'signal', tenant: 'one' })).toEqual(['none']);
      expect(await records.runs.get(none.run)).toMatchObject({ awaits: [signal] });
      await records.runs.update(both.run, { status: 'success', ended_at: someTime + 9 });
      await records.runs.update(none.run, { awaits: [] });
      expect(await namesFound(records.runs, { awaits: 'approval' })).toEqual([]);
      for (const { run } of [both, none]) expect((await records.runs.get(run))?.awaits).toBeUndefined();
    });

    it('find runs that have all labels', async () => {
      await using store = await makeStore();
      const records = await store.open();
      await submitAll(records, [
        { name: 'a', labels: { team: 'core', env: 'prod' } },
        { name: 'b', labels: { team: 'core', env: 'test' } },
        { name: 'c', labels: { core: 'team' } },
        { name: 'd', labels: { team: 'cor' } },
      ]);
      const { runs } = records;
      expect(await namesFound(runs, { labels: { team: 'core' } })).toEqual(['b', 'a']);
      expect(await namesFound(runs, { labels: { team: 'core', env: 'prod' } })).toEqual(['a']);
      expect(await namesFound(runs, { labels: { team: 'Core' } })).toEqual([]);
      expect(await namesFound(runs, { labels: {} })).toEqual(['d', 'c', 'b', 'a']);
      expect(await runs.count({ labels: { team: 'core' } })).toEqual({ accepted: 2 });
    });

    it('find runs of a queue, with and without a label', async () => {
      await using store = await makeStore();
      const records = await store.open();
      const [core, web] = [{ team: 'core' }, { team: 'web' }];
      await submitAll(records, [
        { name: 'a', queues: ['linux', 'a,b'], labels: core },
        { name: 'b', queues: ['linux'], labels: web, status: 'running' },
        { name: 'c', queues: [] },
        { name: 'd', labels: core },
        { name: 'e', queues: ['linux'], tenant: 'other', labels: core },
      ]);
      const { runs } = records;
      expect(await namesFound(runs, { queue: 'linux' })).toEqual(['e', 'b', 'a']);
      expect(await namesFound(runs, { queue: 'Linux' })).toEqual([]);
      expect(await namesFound(runs, { queue: 'a' })).toEqual([]);
      expect(await namesFound(runs, { queue: 'a,b' })).toEqual(['a']);
      expect(await namesFound(runs, { queue: 'linux', labels: core })).toEqual(['e', 'a']);
      expect(await namesFound(runs, { queue: 'linux', tenant: 'other' })).toEqual(['e']);
      expect(await runs.count({ queue: 'linux', tenant: 'default' })).toEqual({ accepted: 1, running: 1 });
      const first = await runs.list({ queue: 'linux' }, { limit: 1 });
      const further = await runs.list({ queue: 'linux' }, { limit: 5, after: first.next ?? '' });
      expect([...first.rows, ...further.rows].map(({ name }) => name)).toEqual(['e', 'b', 'a']);
      expect(first.rows[0]?.queues).toEqual(['linux']);
    });

    it('find the whole name of a workflow and parts of the name of a run, whatever their case', async () => {
      await using store = await makeStore();
      const records = await store.open();
      await submitAll(records, [
        { name: 'Deploy main to EU', workflow: 'Deploy' },
        { name: 'ÜBERWEISUNG 100%', workflow: 'Payments' },
        { name: 'under_score', workflow: 'Payments' },
        { name: "O'Neil", workflow: 'Deployment' },
      ]);
      const { runs } = records;
      expect(await namesFound(runs, { name: 'dePLOY' })).toEqual(['Deploy main to EU']);
      expect(await namesFound(runs, { name: 'main TO' })).toEqual(['Deploy main to EU']);
      expect(await namesFound(runs, { name: 'payments' })).toEqual(['under_score', 'ÜBERWEISUNG 100%']);
      expect(await namesFound(runs, { name: 'payment' })).toEqual([]);
      expect(await namesFound(runs, { name: 'überweisung' })).toEqual(['ÜBERWEISUNG 100%']);
      expect(await namesFound(runs, { name: "o'n" })).toEqual(["O'Neil"]);
      expect(await namesFound(runs, { name: '' })).toHaveLength(4);
    });

    it('take what is a wildcard or a pattern elsewhere as it is', async () => {
      await using store = await makeStore();
      const records = await store.open();
      await submitAll(records, [
        { name: 'a%c' },
        { name: 'abc' },
        { name: 'a_c' },
        { name: 'a\\c' },
        { name: 'a[b]c' },
      ]);
      const { runs } = records;
      expect(await namesFound(runs, { name: '%' })).toEqual(['a%c']);
      expect(await namesFound(runs, { name: '_' })).toEqual(['a_c']);
      expect(await namesFound(runs, { name: 'a%' })).toEqual(['a%c']);
      expect(await namesFound(runs, { name: '\\' })).toEqual(['a\\c']);
      expect(await namesFound(runs, { name: '[b]' })).toEqual(['a[b]c']);
      expect(await namesFound(runs, { name: 'b' })).toEqual(['a[b]c', 'abc']);
    });
  });
}
