import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../schemas/index.ts';
import { emptySlots, put, slotsOf, valueAt, valuesOf } from './slots.ts';

describe('a list whose values come in any order', () => {
  it('is as a list of nulls into which they are written', () => {
    const puts = fc
      .integer({ min: 1, max: 5000 })
      .chain((length) =>
        fc.tuple(fc.constant(length), fc.array(fc.tuple(fc.nat(length - 1), fc.jsonValue()), { maxLength: 200 })),
      );
    fc.assert(
      fc.property(puts, ([length, drawn]) => {
        const plain: Json[] = Array.from({ length }, () => null);
        let slots = emptySlots(length);
        for (const [index, value] of drawn) {
          // It is JSON.
          plain[index] = value as Json;
          slots = put(slots, index, value as Json);
        }
        expect(valuesOf(slots)).toEqual(plain);
        expect(drawn.map(([index]) => valueAt(slots, index))).toEqual(drawn.map(([index]) => plain[index]));
        expect(valuesOf(slotsOf(plain))).toEqual(plain);
      }),
    );
  });

  it('holds lists as values without taking them for its own', () => {
    const slots = put(put(emptySlots(100), 70, [[1], [2]]), 71, [3]);
    expect(valueAt(slots, 70)).toEqual([[1], [2]]);
    expect(valueAt(slots, 71)).toEqual([3]);
    expect(valueAt(slots, 1)).toBeNull();
  });

  it('may be empty', () => {
    expect(valuesOf(emptySlots(0))).toEqual([]);
  });

  it('shares what a value does not change', () => {
    const before = slotsOf(Array.from({ length: 10_000 }, (_, index) => ({ index })));
    const after = put(before, 5000, 'new');
    const shared = after.tree.filter((node, position) => node === before.tree[position]).length;
    expect(shared).toBe(after.tree.length - 1);
  });
});
