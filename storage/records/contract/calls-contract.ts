import { describe, expect, it } from 'vitest';
import { allPages, exampleCall, someTime } from './samples.ts';
import type { MakeStore } from './store.ts';

export function describeCalls(makeStore: MakeStore): void {
  describe('API calls', () => {
    it('come back as they were, those of nobody too', async () => {
      await using store = await makeStore();
      const { calls } = await store.open();
      const full = exampleCall({ target: 'run-1', details: { by: "o'neil\u0000", list: [1, null] } });
      const nobody = exampleCall({ request: 'req_2', tenant: undefined, by: undefined, status: 401 });
      await calls.add([]);
      await calls.add([full, nobody]);
      expect(await calls.list({}, { limit: 9 })).toEqual({ rows: [nobody, full] });
    });

    it('are found by tenant, time and who called', async () => {
      await using store = await makeStore();
      const { calls } = await store.open();
      const rows = [
        exampleCall({ request: 'a', tenant: 'one' }),
        exampleCall({ request: 'b', at: someTime + 1, by: 'key_2' }),
        exampleCall({ request: 'c', at: someTime + 2 }),
      ];
      await calls.add(rows);
      const found = async (filter: Parameters<typeof calls.list>[0]) =>
        (await calls.list(filter, { limit: 9 })).rows.map((row) => row.request);
      expect(await found({ tenant: 'one' })).toEqual(['a']);
      expect(await found({ by: 'key_2' })).toEqual(['b']);
      expect(await found({ from: someTime + 1 })).toEqual(['c', 'b']);
      expect(await found({ until: someTime + 1 })).toEqual(['a']);
      expect(await found({ tenant: 'one', by: 'key_2' })).toEqual([]);
    });

    it('are written in great numbers, paged newest first, and removed oldest first', async () => {
      await using store = await makeStore();
      const { calls } = await store.open();
      const rows = Array.from({ length: 1203 }, (_, index) =>
        exampleCall({ request: `req_${index}`, at: someTime + Math.floor(index / 100) }),
      );
      await calls.add(rows);
      const pages = await allPages((after) =>
        calls.list({}, { limit: 500, ...(after === undefined ? {} : { after }) }),
      );
      expect(pages.map((page) => page.length)).toEqual([500, 500, 203]);
      expect(pages.flat().map((row) => row.request)).toEqual(rows.toReversed().map((row) => row.request));
      expect(await calls.removeBefore(someTime + 3, 250)).toBe(250);
      expect(await calls.removeBefore(someTime + 3, 250)).toBe(50);
      expect(await calls.removeBefore(someTime + 3, 250)).toBe(0);
      const left = await calls.list({}, { limit: 2000 });
      expect(left.rows).toHaveLength(903);
      expect(left.rows.at(-1)?.request).toBe('req_300');
    });
  });
}
