import { describe, expect, it } from 'vitest';
import { exampleKey, someTime } from './samples.ts';
import { errorOf, type MakeStore } from './store.ts';

export function describeKeys(makeStore: MakeStore): void {
  describe('API keys', () => {
    it('are found by their prefix, which several may share, and listed by tenant', async () => {
      await using store = await makeStore();
      const { keys } = await store.open();
      const rows = [
        exampleKey(),
        exampleKey({ id: 'key_2', created_at: someTime + 1, expires_at: someTime + 9, tenant: '*', role: 'admin' }),
        exampleKey({ id: 'key_3', name: 'agent', created_at: someTime + 2, prefix: 'wf_other', role: 'agent' }),
      ];
      for (const row of rows) await keys.add(row);
      expect(await keys.byPrefix('wf_abcdef')).toEqual(rows.slice(0, 2));
      expect(await keys.byPrefix('wf_abcde')).toEqual([]);
      expect(await keys.byPrefix('wf_%')).toEqual([]);
      expect(await keys.list()).toEqual(rows);
      expect(await keys.list('default')).toEqual([rows[0], rows[2]]);
      expect(await keys.list('nobody')).toEqual([]);
    });

    it('change as far as they are told to; an unknown one is said to be', async () => {
      await using store = await makeStore();
      const { keys } = await store.open();
      await keys.add(exampleKey());
      expect(await keys.update('key_1', {})).toBe(true);
      expect(await keys.list()).toEqual([exampleKey()]);
      const changes = { expires_at: someTime + 1, revoked_at: someTime + 2, last_used_at: someTime + 3 };
      expect(await keys.update('key_1', changes)).toBe(true);
      expect(await keys.list()).toEqual([exampleKey(changes)]);
      expect(await keys.update('key_2', changes)).toBe(false);
      expect(await keys.update('', {})).toBe(false);
    });

    it('have an id once: CONFLICT', async () => {
      await using store = await makeStore();
      const { keys } = await store.open();
      await keys.add(exampleKey());
      expect(await errorOf(keys.add(exampleKey({ name: 'second' })))).toMatchObject({ code: 'CONFLICT' });
      expect(await keys.list()).toEqual([exampleKey()]);
    });
  });
}
