import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isJsonList, isJsonObject, type Json, sameJson } from './json.ts';

describe('sameJson', () => {
  it.each<[Json, Json]>([
    [
      { a: 1, b: [null] },
      { b: [null], a: 1 },
    ],
    [[], []],
    [null, null],
  ])('holds for %j and %j', (one, other) => {
    expect(sameJson(one, other)).toBe(true);
  });

  it.each<[Json, Json]>([
    [1, '1'],
    [0, false],
    [null, {}],
    [[], {}],
    [{ 0: 'a' }, ['a']],
    [
      [1, 2],
      [2, 1],
    ],
    [[null], []],
    [{ a: null }, { b: null }],
    [{ a: 1 }, { a: 1, b: 2 }],
  ])('does not hold for %j and %j', (one, other) => {
    expect(sameJson(one, other)).toBe(false);
    expect(sameJson(other, one)).toBe(false);
  });

  it('holds for any value and what JSON makes of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(sameJson(JSON.parse(text) as Json, JSON.parse(text) as Json)).toBe(true);
      }),
    );
  });
});

it('tells lists and objects from each other, and from everything else', () => {
  const values: readonly (Json | undefined)[] = [[], {}, null, 'x', 1, true, undefined];
  expect(values.map(isJsonList)).toEqual([true, false, false, false, false, false, false]);
  expect(values.map(isJsonObject)).toEqual([false, true, false, false, false, false, false]);
});
