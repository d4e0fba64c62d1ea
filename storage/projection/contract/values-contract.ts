import { describe, expect, it } from 'vitest';
import { createdRun, exampleReport } from './samples.ts';
import type { MakeProjection } from './store.ts';

export function describeValues(makeProjection: MakeProjection): void {
  describe('values', () => {
    it('are JSON of any kind, by a key of any text within a run', async () => {
      await using store = await makeProjection();
      const [one, other] = [await store.open(), await store.open()];
      const [run, another] = [await createdRun(one), await createdRun(one)];
      const values = [null, false, 0, '', 'a\u0000b\ud800', [], { nested: [{ deep: 'ü'.repeat(100_000) }] }];
      for (const [index, value] of values.entries()) {
        const key = `key \u0000 ${index} ${'k'.repeat(5000)}`;
        await one.set(run, key, value, 0);
        expect(await other.get(run, key)).toEqual(value);
        expect(await other.get(another, key)).toBeUndefined();
      }
      expect(await other.get(run, 'unknown')).toBeUndefined();
    });

    it('that take later events into account stay, whoever sets an earlier one', async () => {
      await using store = await makeProjection();
      const [one, other] = [await store.open(), await store.open()];
      const run = await createdRun(one);
      await one.append(exampleReport({ run, from: 1 }, 5));
      await one.set(run, 'shown', 'at 2', 2);
      await other.set(run, 'shown', 'at 5', 5);
      await one.set(run, 'shown', 'at 4', 4);
      expect(await one.get(run, 'shown')).toBe('at 5');
      await one.set(run, 'shown', 'at 5, again', 5);
      expect(await other.get(run, 'shown')).toBe('at 5, again');
      await Promise.all([4, 3, 9, 8, 7, 6].map((at, index) => (index % 2 ? one : other).set(run, 'shown', at, at)));
      expect(await one.get(run, 'shown')).toBe(9);
      expect(await one.last(run)).toBe(5);
    });
  });
}
