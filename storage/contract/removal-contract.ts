import { describe, expect, it } from 'vitest';
import type { Store } from '../port.ts';
import { exampleRecord, exampleSegment, failureOf } from './store-contract.ts';

/** What every driver of the store's port does to remove runs, see `describeStore`. */
export function describeRemoval(
  name: string,
  makeStore: () => { readonly store: Store; readonly reopen: () => Store },
): void {
  describe(`the store's contract on removal: ${name}`, () => {
    it('removes a run whole, and only one that nobody has open', async () => {
      const { store, reopen } = makeStore();
      const [kept, record] = [exampleRecord(), exampleRecord()];
      store.create(kept)[Symbol.dispose]();
      const run = store.create(record);
      run.putBlob(new Uint8Array([1]));
      run.appendLog(exampleSegment(1, 'one'));
      await expect(reopen().remove(record.run)).rejects.toMatchObject({ error: { code: 'RUN_LOCKED' } });
      run[Symbol.dispose]();
      await reopen().remove(record.run);
      expect(store.list()).toEqual([kept.run]);
      expect(failureOf(() => store.read(record.run)).error.code).toBe('RUN_NOT_FOUND');
      await expect(store.remove(record.run)).rejects.toMatchObject({ error: { code: 'RUN_NOT_FOUND' } });
      using again = store.create(record);
      expect([...again.entries()]).toEqual([]);
    });
  });
}
