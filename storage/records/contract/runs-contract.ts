import { describe, expect, it } from 'vitest';
import type { RunRow } from '../port.ts';
import { digestNamed, examplePlan, exampleRun, nextRun, someTime } from './samples.ts';
import { errorOf, type MakeStore } from './store.ts';

export function describeRuns(makeStore: MakeStore): void {
  describe('runs', () => {
    it('are kept as they were submitted, over a restart and for other handles', async () => {
      await using store = await makeStore();
      const full = exampleRun({
        labels: { team: 'core', env: 'prod' },
        started_at: someTime + 1,
        ended_at: someTime + 2,
        status: 'failure',
        origin: { kind: 'webhook', id: 'whk_1', by: 'pushes', traceparent: '00-a-b-01' },
        request: { plan: examplePlan, inputs: { n: 1.5, list: [null, true] }, vars: { a: 'b' }, secrets: ['TOKEN'] },
        error: { code: 'SECRET_MISSING', message: 'm', remedy: 'r' },
      });
      const plain = exampleRun();
      const first = await store.open();
      expect(await first.runs.submit(full)).toEqual({ kind: 'created' });
      expect(await first.runs.submit(plain)).toEqual({ kind: 'created' });
      await first[Symbol.asyncDispose]();
      const { runs } = await store.open();
      expect(await runs.get(full.run)).toEqual(full);
      expect(await runs.get(plain.run)).toEqual(plain);
    });

    it('are not there where nobody submitted them, and changing them does nothing', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const unknown = nextRun();
      await runs.update(unknown, { status: 'success', ended_at: someTime });
      expect(await runs.get(unknown)).toBeUndefined();
      expect(await runs.count({})).toEqual({});
    });

    it('change as far as they are told to', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const row = exampleRun();
      await runs.submit(row);
      await runs.update(row.run, {});
      expect(await runs.get(row.run)).toEqual(row);
      await runs.update(row.run, { status: 'running', name: 'Other', started_at: someTime + 5 });
      const running: RunRow = { ...row, status: 'running', name: 'Other', started_at: someTime + 5 };
      expect(await runs.get(row.run)).toEqual(running);
      const error = { code: 'STORAGE_FULL' };
      await runs.update(row.run, { status: 'failure', ended_at: someTime + 9, error });
      expect(await runs.get(row.run)).toEqual({ ...running, status: 'failure', ended_at: someTime + 9, error });
      const request = { ...row.request, inputs: { again: true } };
      await runs.update(row.run, { status: 'queued', attempt: 2, ended_at: null, error: null, request });
      expect(await runs.get(row.run)).toEqual({ ...running, status: 'queued', attempt: 2, request });
    });

    it('are accepted, then unfinished, then neither; both in the order in which they came', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const late = exampleRun({ created_at: someTime + 2 });
      const early = exampleRun({ created_at: someTime + 1 });
      for (const row of [late, early]) await runs.submit(row);
      expect((await runs.accepted(10)).map((row) => row.run)).toEqual([early.run, late.run]);
      expect(await runs.accepted(1)).toEqual([early]);
      for (const status of ['queued', 'running', 'waiting', 'blocked', 'paused'] as const) {
        await runs.update(late.run, { status });
        await runs.update(early.run, { status });
        expect((await runs.unfinished()).map((row) => row.run)).toEqual([early.run, late.run]);
      }
      expect(await runs.accepted(10)).toEqual([]);
      for (const status of ['success', 'failure', 'cancelled'] as const) {
        await runs.update(late.run, { status, ended_at: someTime + 3 });
        expect((await runs.unfinished()).map((row) => row.run)).toEqual([early.run]);
      }
    });

    it('have an id once: CONFLICT, and the first stays as it was', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const row = exampleRun({ labels: { a: '1' } });
      await runs.submit(row);
      expect(await errorOf(runs.submit({ ...row, name: 'Second', labels: { b: '2' } }))).toMatchObject({
        code: 'CONFLICT',
      });
      expect(await runs.get(row.run)).toEqual(row);
      expect((await runs.list({ labels: { b: '2' } }, { limit: 10 })).rows).toEqual([]);
    });

    it('need a plan that is kept: NOT_FOUND, and nothing is written', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const lost = exampleRun({ request: { ...exampleRun().request, plan: digestNamed('lost') } });
      expect(await errorOf(runs.submit(lost))).toMatchObject({ code: 'NOT_FOUND', remedy: expect.any(String) });
      expect(await runs.get(lost.run)).toBeUndefined();
    });

    it('that are refused leave those alone that are submitted at the same time', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const taken = exampleRun();
      await runs.submit(taken);
      const rows = Array.from({ length: 20 }, (_, index) => (index % 3 === 1 ? taken : exampleRun()));
      const results = await Promise.allSettled(rows.map((row) => runs.submit(row)));
      expect(results.map((result) => result.status)).toEqual(
        rows.map((row) => (row === taken ? 'rejected' : 'fulfilled')),
      );
      expect(await runs.count({})).toEqual({ accepted: 1 + rows.filter((row) => row !== taken).length });
    });
  });

  describe('plans', () => {
    it('are kept once by their digest', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const plan = { name: 'p', jobs: [{ deep: { text: 'ü\u0000🦊' } }] };
      await Promise.all([1, 2, 3].map(() => runs.putPlan(digestNamed('p'), plan)));
      expect(await runs.getPlan(digestNamed('p'))).toEqual(plan);
      expect(await runs.getPlan(digestNamed('q'))).toBeUndefined();
    });
  });

  describe('sources', () => {
    it('are kept once by their digest, and named by runs', async () => {
      await using store = await makeStore();
      const { runs, sources } = await store.open();
      const source = { workflow: 'on: manual # ü\u0000🦊\r\n', files: { './a.yml': '\u0001' } };
      await Promise.all([1, 2, 3].map(() => sources.put(digestNamed('s'), source)));
      expect(await sources.get(digestNamed('s'))).toEqual(source);
      expect(await sources.get(digestNamed('t'))).toBeUndefined();
      const run = exampleRun({ request: { ...exampleRun().request, source: digestNamed('s') } });
      await runs.submit(run);
      expect((await runs.get(run.run))?.request.source).toBe(digestNamed('s'));
    });
  });
}
