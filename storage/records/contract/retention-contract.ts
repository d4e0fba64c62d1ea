import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../schemas/index.ts';
import type { RunRow } from '../port.ts';
import { digestNamed, exampleClaim, exampleRun, exampleSchedule, exampleWebhook, someTime } from './samples.ts';
import type { MakeStore } from './store.ts';

function runOf(plan: Digest, changes: Partial<RunRow> = {}): RunRow {
  return exampleRun({ request: { plan, inputs: {}, vars: {}, secrets: [] }, ...changes });
}

export function describeRetention(makeStore: MakeStore): void {
  describe('retention', () => {
    it('takes those away that ended before, the oldest first and no more than asked', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const [first, second, third, recent, running] = [3, 1, 2, 100, undefined].map((ended) =>
        exampleRun({
          labels: { a: 'b' },
          ...(ended === undefined ? { status: 'running' } : { status: 'success', ended_at: someTime + ended }),
        }),
      ) as [RunRow, RunRow, RunRow, RunRow, RunRow];
      for (const row of [first, second, third, recent, running]) await runs.submit(row);
      expect(new Set(await runs.removeEnded(someTime + 100, 2))).toEqual(new Set([second.run, third.run]));
      expect(await runs.removeEnded(someTime + 100, 2)).toEqual([first.run]);
      expect(await runs.removeEnded(someTime + 100, 2)).toEqual([]);
      expect(new Set((await runs.list({ labels: { a: 'b' } }, { limit: 9 })).rows.map((row) => row.run))).toEqual(
        new Set([recent.run, running.run]),
      );
    });

    it('knows of what it took away, until that is gone elsewhere, too', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const rows = Array.from({ length: 3 }, () => exampleRun({ status: 'success', ended_at: someTime }));
      for (const row of rows) await runs.submit(row);
      expect(await runs.leftovers(9)).toEqual([]);
      const removed = (await runs.removeEnded(someTime + 1, 9)).toSorted();
      const { runs: later } = await store.open();
      expect(await later.leftovers(9)).toEqual(removed);
      expect(await later.leftovers(2)).toEqual(removed.slice(0, 2));
      await later.removeLeftovers(removed.slice(0, 2));
      expect(await runs.leftovers(9)).toEqual(removed.slice(2));
    });

    it('knows when the oldest that is there was made', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      expect(await runs.oldest()).toBeUndefined();
      const ended = { status: 'success', ended_at: someTime + 20 } as const;
      for (const created of [3, 1, 2]) await runs.submit(exampleRun({ ...ended, created_at: someTime + created }));
      expect(await runs.oldest()).toBe(someTime + 1);
      await runs.removeEnded(someTime + 100, 2);
      expect(await runs.oldest()).toBeGreaterThan(someTime + 1);
    });

    it('keeps a run that was started again', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const row = exampleRun({ status: 'failure', ended_at: someTime });
      await runs.submit(row);
      await runs.update(row.run, { status: 'queued', ended_at: null });
      expect(await runs.removeEnded(someTime + 1, 10)).toEqual([]);
    });

    it('gives each run to one of two that remove at the same time', async () => {
      await using store = await makeStore();
      const [one, two] = [await store.open(), await store.open()];
      const rows = Array.from({ length: 40 }, () => exampleRun({ status: 'success', ended_at: someTime }));
      await Promise.all(rows.map((row) => one.runs.submit(row)));
      const removed = await Promise.all(
        [one, two, one, two].map((handle) => handle.runs.removeEnded(someTime + 1, 40)),
      );
      expect(removed.flat().toSorted()).toEqual(rows.map((row) => row.run).toSorted());
    });

    it('takes expired claims and deliveries along, and no others', async () => {
      await using store = await makeStore();
      const { runs, webhooks } = await store.open(() => someTime + 50);
      await webhooks.add(exampleWebhook());
      const expiring = [someTime + 50, someTime + 51];
      for (const [index, expires_at] of expiring.entries()) {
        await runs.submit(exampleRun(), exampleClaim({ key: `k${index}`, expires_at }));
        await webhooks.deliver({ webhook: 'whk_1', id: `d${index}`, received_at: someTime, expires_at });
      }
      await runs.removeEnded(someTime, 10);
      // At the time of the claims, all of them hold.
      expect(await runs.repeated(exampleClaim({ key: 'k0' }), someTime)).toBeUndefined();
      expect(await runs.repeated(exampleClaim({ key: 'k1' }), someTime)).toMatchObject({ kind: 'repeated' });
      const again = { webhook: 'whk_1', received_at: someTime, expires_at: someTime + 99 };
      expect(await webhooks.deliver({ ...again, id: 'd0' })).toBe('accepted');
      expect(await webhooks.deliver({ ...again, id: 'd1' })).toBe('repeated');
    });

    it('takes plans along that nothing has, unless they were put since', async () => {
      await using store = await makeStore();
      let now = someTime;
      const { runs, schedules, webhooks } = await store.open(() => now);
      const plans = ['run', 'schedule', 'webhook', 'unused', 'again', 'ended'].map(digestNamed);
      const [ofRun, ofSchedule, ofWebhook, unused, again, ofEnded] = plans as [
        Digest,
        Digest,
        Digest,
        Digest,
        Digest,
        Digest,
      ];
      for (const plan of plans) await runs.putPlan(plan, { plan });
      await runs.submit(runOf(ofRun));
      await runs.submit(runOf(ofEnded, { status: 'success', ended_at: someTime + 1 }));
      await schedules.add([exampleSchedule({ plan: ofSchedule })]);
      await webhooks.add(exampleWebhook({ plan: ofWebhook }));
      now += 10 * 86_400_000;
      await runs.putPlan(again, { plan: again });
      await runs.removeEnded(now - 86_400_000, 10);
      const kept = await Promise.all(plans.map(async (plan) => (await runs.getPlan(plan)) !== undefined));
      expect(plans.filter((_, index) => kept[index])).toEqual([ofRun, ofSchedule, ofWebhook, again]);
      expect(plans.filter((_, index) => !kept[index])).toEqual([unused, ofEnded]);
    });

    it('takes sources along that nothing has, unless they were put since', async () => {
      await using store = await makeStore();
      let now = someTime;
      const { runs, schedules, webhooks, sources } = await store.open(() => now);
      const names = ['run', 'schedule', 'webhook', 'unused', 'again', 'ended'];
      for (const name of names) await sources.put(digestNamed(name), { workflow: name });
      const { request } = exampleRun();
      await runs.submit(exampleRun({ request: { ...request, source: digestNamed('run') } }));
      const ended = { status: 'success', ended_at: someTime + 1 } as const;
      await runs.submit(exampleRun({ ...ended, request: { ...request, source: digestNamed('ended') } }));
      await schedules.add([exampleSchedule({ source: digestNamed('schedule') })]);
      await webhooks.add(exampleWebhook({ source: digestNamed('unused') }));
      const [webhook] = await webhooks.list();
      await webhooks.update(webhook?.id ?? '', { source: digestNamed('webhook') });
      now += 10 * 86_400_000;
      await sources.put(digestNamed('again'), { workflow: 'again' });
      await runs.removeEnded(now - 86_400_000, 10);
      const left = await Promise.all(names.map((name) => sources.get(digestNamed(name))));
      expect(left.flatMap((source) => source?.['workflow'] ?? [])).toEqual(['run', 'schedule', 'webhook', 'again']);
      expect((await schedules.list()).map(({ source }) => source)).toEqual([digestNamed('schedule')]);
      expect((await webhooks.list()).map(({ source }) => source)).toEqual([digestNamed('webhook')]);
    });
  });
}
