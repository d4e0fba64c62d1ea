import { describe, expect, it } from 'vitest';
import { allPages, exampleRun, someTime } from './samples.ts';
import { errorOf, type MakeStore } from './store.ts';

export function describePages(makeStore: MakeStore): void {
  describe('pages of runs', () => {
    it('hold every run once, newest first, also those of one millisecond', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const rows = Array.from({ length: 25 }, (_, index) =>
        exampleRun({ created_at: someTime + Math.floor(index / 10), tenant: index % 2 === 0 ? 'even' : 'odd' }),
      );
      await Promise.all(rows.map((row) => runs.submit(row)));
      const pages = await allPages((after) => runs.list({}, { limit: 7, ...(after === undefined ? {} : { after }) }));
      expect(pages.map((page) => page.length)).toEqual([7, 7, 7, 4]);
      expect(pages.flat()).toEqual(rows.toReversed());
      const even = await allPages((after) =>
        runs.list({ tenant: 'even' }, { limit: 13, ...(after === undefined ? {} : { after }) }),
      );
      expect(even).toEqual([rows.toReversed().filter((row) => row.tenant === 'even')]);
    });

    it('stay where they are while runs are added, changed and removed', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const rows = Array.from({ length: 12 }, (_, index) => exampleRun({ created_at: someTime + index }));
      for (const row of rows) await runs.submit(row);
      const seen: string[] = [];
      let added = 0;
      let after: string | undefined;
      do {
        const page = await runs.list({}, { limit: 3, ...(after === undefined ? {} : { after }) });
        seen.push(...page.rows.map((row) => row.run));
        added += 1;
        await runs.submit(exampleRun({ created_at: someTime + 1000 + added }));
        const last = page.rows.at(-1);
        if (last !== undefined) {
          // What a page ended with may be gone before the next is asked for.
          await runs.update(last.run, { status: 'success', ended_at: 1 });
          await runs.removeEnded(2, 10);
        }
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual(rows.toReversed().map((row) => row.run));
    });

    it('are empty where there is nothing, and none follows', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      expect(await runs.list({}, { limit: 5 })).toEqual({ rows: [] });
    });

    it('refuse a cursor that is none: INVALID_INPUT', async () => {
      await using store = await makeStore();
      const { runs, calls } = await store.open();
      await runs.submit(exampleRun());
      const cursors = ['', 'x', '%00', '1_2', '_run-1', '1_RUN-1', '1e9_run-1', '1_run-1\n', `${'1'.repeat(16)}_run-1`];
      for (const after of cursors) {
        expect(await errorOf(runs.list({}, { limit: 5, after })), after).toMatchObject({ code: 'INVALID_INPUT' });
      }
      expect(await errorOf(calls.list({}, { limit: 5, after: '1_run-1' }))).toMatchObject({ code: 'INVALID_INPUT' });
    });
  });
}
