import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Json } from '../../schemas/index.ts';
import { explaining, nestsDeeper, storable } from './storable.ts';

describe('what a state can keep', () => {
  it('is the same after JSON, whatever numbers it held', () => {
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.double(),
        fc.string(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.dictionary(fc.string(), tie('value')),
      ),
    }));
    fc.assert(
      fc.property(value, (given) => {
        const kept = storable(given);
        expect(JSON.parse(JSON.stringify(kept))).toEqual(kept);
      }),
    );
  });

  it('has texts for the numbers that JSON lacks, and is the same object where there are none', () => {
    expect(storable({ a: [Number.NaN, { b: -Number.POSITIVE_INFINITY }] })).toEqual({ a: ['NaN', { b: '-Infinity' }] });
    expect(Object.is(storable(-0), 0)).toBe(true);
    expect(storable({ a: [-0, { b: -0 }] })).toEqual({ a: [0, { b: 0 }] });
    const plain = { a: [1, { b: 'x' }] };
    expect(storable(plain)).toBe(plain);
  });
});

it('finds data that nests deeper than it may, without following it all the way', () => {
  expect(nestsDeeper([[1]], 2)).toBe(false);
  expect(nestsDeeper({ a: [{}] }, 2)).toBe(true);
  // JSON.parse gives JSON.
  const bottomless = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as Json;
  expect(nestsDeeper(bottomless, 100)).toBe(true);
});

it('cuts long values that only explain', () => {
  expect(explaining({ a: 1 })).toEqual({ a: 1 });
  expect(explaining('x'.repeat(2000))).toBe(`"${'x'.repeat(998)}…`);
});
