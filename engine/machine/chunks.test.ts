import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { append, type Chunks, chunksOf, countOf, itemAt, itemsOf, noChunks } from './chunks.ts';

function listOf(count: number): Chunks<number> {
  return Array.from({ length: count }, (_, item) => item).reduce<Chunks<number>>(append, noChunks);
}

it('gives back what was appended, and nothing past it', () => {
  fc.assert(
    fc.property(fc.nat(400), fc.nat(500), (count, index) => {
      const list = listOf(count);
      expect(countOf(list)).toBe(count);
      expect(itemAt(list, index)).toBe(index < count ? index : undefined);
    }),
  );
});

it('shares all full chunks with the list before, so that appending costs the same at any length', () => {
  const before = listOf(1000);
  const after = append(before, 1000);
  expect(after.full.every((chunk, index) => chunk === before.full[index])).toBe(true);
  expect(after.last.length).toBeLessThanOrEqual(64);
  expect(before.full.every((chunk) => chunk.length === before.full[0]?.length)).toBe(true);
  expect(listOf(10_000).last.length).toBeLessThan(64);
});

it('leaves the list before as it was', () => {
  const before = listOf(63);
  append(before, 63);
  expect(before).toEqual(listOf(63));
});

it('is made of its items as if each were appended, and gives them all', () => {
  fc.assert(
    fc.property(fc.nat(300), (count) => {
      const list = listOf(count);
      expect(chunksOf(itemsOf(list))).toEqual(list);
      expect(itemsOf(list)).toHaveLength(count);
    }),
  );
});
