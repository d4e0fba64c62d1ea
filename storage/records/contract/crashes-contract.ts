import { describe, expect, it } from 'vitest';
import { exampleClaim, exampleRun, someTime } from './samples.ts';
import { errorOf, type MakeStore } from './store.ts';
import { startSubmitter } from './submitter.ts';

export function describeCrashes(makeStore: MakeStore): void {
  describe('processes', () => {
    it('that are killed in the middle of submits lose none that was acknowledged, and leave no halves', async () => {
      await using store = await makeStore();
      const submitter = startSubmitter(store.place);
      await new Promise<void>((resolve) => {
        submitter.child.stdout?.on('data', () => {
          if (submitter.acknowledged.length >= 200) resolve();
        });
      });
      submitter.child.kill('SIGKILL');
      await submitter.ended;
      const { runs } = await store.open();
      const { rows } = await runs.list({ labels: { of: 'child' } }, { limit: 1_000_000 });
      const kept = new Set<string>(rows.map((row) => row.run));
      expect(submitter.acknowledged.length).toBeGreaterThanOrEqual(200);
      expect(submitter.acknowledged.filter((run) => !kept.has(run))).toEqual([]);
      for (const { run } of rows.slice(0, 50)) {
        const claim = exampleClaim({ key: run });
        expect(await runs.repeated(claim, someTime)).toEqual({ kind: 'repeated', run, answer: { id: run } });
      }
      expect(await runs.count({})).toEqual({ accepted: kept.size });
    });

    it('that write at the same time all get their turn', async () => {
      await using store = await makeStore();
      const submitters = [1, 2, 3].map(() => startSubmitter(store.place, 100));
      expect(await Promise.all(submitters.map(({ ended }) => ended))).toEqual([0, 0, 0]);
      const { runs } = await store.open();
      expect(await runs.count({})).toEqual({ accepted: 300 });
    });
  });

  describe('a handle', () => {
    it('answers checks, writes what was asked for before it closes, and then refuses', async () => {
      await using store = await makeStore();
      const records = await store.open();
      await records.check();
      const row = exampleRun();
      const submitted = records.runs.submit(row);
      await records[Symbol.asyncDispose]();
      await records[Symbol.asyncDispose]();
      expect(await submitted).toEqual({ kind: 'created' });
      for (const late of [records.runs.submit(exampleRun()), records.runs.get(row.run), records.check()]) {
        expect(await errorOf(late)).toMatchObject({ code: 'STORAGE_FAILED', remedy: expect.any(String) });
      }
      const { runs } = await store.open();
      expect(await runs.get(row.run)).toEqual(row);
    });
  });
}
