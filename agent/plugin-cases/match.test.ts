import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Json, sameJson } from '../../schemas/index.ts';
import { differences, patternProblem } from './match.ts';

/** Any JSON value without a key that stands for a pattern. */
const json = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('"$')) as fc.Arbitrary<Json>; // It makes JSON.

describe('what differs', () => {
  it('is nothing between a value and itself, in whatever order of keys', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(differences('x', value, structuredClone(value))).toEqual([]);
      }),
    );
    expect(differences('x', { a: 1, b: 2 }, { b: 2, a: 1 })).toEqual([]);
  });

  it('is something between values that are not the same, at a path that begins as it was called', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        fc.pre(!sameJson(one, other));
        const found = differences('x', one, other);
        expect(found.length).toBeGreaterThan(0);
        expect(found.every(({ path }) => path.startsWith('x'))).toBe(true);
      }),
    );
  });

  it.each<readonly [Json, Json, readonly object[]]>([
    [{ a: [1, { b: 'x' }] }, { a: [1, { b: 'y' }] }, [{ path: 'o.a[1].b', expected: 'x', actual: 'y' }]],
    [
      { a: 1 },
      { b: 1 },
      [
        { path: 'o.a', expected: 1 },
        { path: 'o.b', actual: 1 },
      ],
    ],
    [[1], [1, 2], [{ path: 'o[1]', actual: 2 }]],
    [[1, 2], [1], [{ path: 'o[1]', expected: 2 }]],
    [{}, [], [{ path: 'o', expected: {}, actual: [] }]],
    [{ toString: 1 }, {}, [{ path: 'o.toString', expected: 1 }]],
    [{ a: { $any: true } }, { a: null }, []],
    [{ a: { $any: true } }, {}, [{ path: 'o.a', expected: { $any: true } }]],
    [{ $matches: '^v\\d+$' }, 'v12', []],
    [{ $matches: '^v\\d+$' }, 12, [{ path: 'o', expected: { $matches: '^v\\d+$' }, actual: 12 }]],
  ])('of %j and %j is told one by one', (expected, actual, found) => {
    expect(differences('o', expected, actual)).toEqual(found);
  });
});

it.each<Json>([{ $matches: 'a' }, { $any: true }, { a: 1 }, '$matches', ['$any']])('%j is right', (value) => {
  expect(patternProblem(value)).toBeUndefined();
});

it.each<readonly [Json, string]>([
  [{ $matches: '(' }, 'Invalid regular expression'],
  [{ $matches: 1 }, 'is a regular expression'],
  [{ $any: false }, '`$any` is `true`'],
  [{ $match: 'a' }, 'there is no `$match`'],
  [{ $matches: 'a', b: 1 }, 'stand alone'],
])('a pattern %j is wrong', (value, problem) => {
  expect(patternProblem(value)).toContain(problem);
});
