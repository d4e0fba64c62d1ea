import { array, assert, constantFrom, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../schemas/index.ts';
import { countCells } from './matrix.ts';

const os = ['os', ['linux', 'macos']] as const;
const node = ['node', [22, 24]] as const;

describe('countCells', () => {
  it.each([
    ['the product of the axes', { axes: [os, node], include: [], exclude: [] }, 4],
    ['without what is excluded', { axes: [os, node], include: [], exclude: [{ os: 'macos', node: 22 }] }, 3],
    ['without all that a partial exclusion matches', { axes: [os, node], include: [], exclude: [{ os: 'macos' }] }, 2],
    [
      'an include that extends a cell adds none',
      { axes: [os], include: [{ os: 'linux', fast: true }], exclude: [] },
      2,
    ],
    ['an include of new keys extends all cells', { axes: [os], include: [{ fast: true }], exclude: [] }, 2],
    ['an include that would change an axis adds one', { axes: [os], include: [{ os: 'windows' }], exclude: [] }, 3],
    [
      'an include of an excluded cell adds it again',
      { axes: [os], include: [{ os: 'linux' }], exclude: [{ os: 'linux' }] },
      2,
    ],
    ['only includes', { axes: [], include: [{ a: 1 }, { a: 1 }], exclude: [] }, 2],
    [
      'objects as values',
      { axes: [['v', [{ a: 1, b: 2 }, { a: 2 }]]], include: [], exclude: [{ v: { b: 2, a: 1 } }] },
      1,
    ],
    ['a number is not its text', { axes: [node], include: [], exclude: [{ node: '22' }] }, 2],
  ] as const)('counts %s', (_what, matrix, count) => {
    expect(countCells(matrix)).toEqual({ kind: 'exactly', cells: count });
  });

  const bits = Array.from({ length: 16 }, (_, index) => [`axis${index}`, [0, 1]] as const);
  const values = Array.from({ length: 1_000 }, (_, index) => index);

  it.each([
    ['65,536 cells', { axes: bits, exclude: [] }, { kind: 'at-least', cells: 65_536 }],
    ['what exclusions leave', { axes: bits, exclude: [{ axis0: 1, axis1: 1 }] }, { kind: 'at-least', cells: 49_152 }],
    [
      'that exclusions may leave little',
      { axes: [...bits, ['long', values]], exclude: [{ axis0: 0 }, { axis0: 1 }] },
      { kind: 'uncounted', cells: 65_536_000 },
    ],
    [
      'that there are more than numbers help with',
      { axes: [...bits, ...bits], exclude: [] },
      { kind: 'at-least', cells: 1_000_000_000 },
    ],
  ] as const)('tells without spreading it out: %s', (_what, matrix, count) => {
    expect(countCells({ ...matrix, include: [] })).toEqual(count);
  });

  it('counts what hundreds of exclusions leave', () => {
    const axes = [['a', Array.from({ length: 700 }, (_, index) => index)]] as const;
    const exclude = Array.from({ length: 600 }, (_, index): JsonObject => ({ a: index }));
    expect(countCells({ axes, include: [], exclude })).toEqual({ kind: 'exactly', cells: 100 });
  });

  it('counts a cell of thousands of axes, and what as many exclusions leave', () => {
    const axes = Array.from({ length: 3_000 }, (_, index) => [`axis${index}`, [1]] as const);
    const exclude = Array.from({ length: 3_000 }, (_, index): JsonObject => ({ [`axis${index}`]: 2 }));
    const count = countCells({ axes: [...axes, ['b', [1, 2]]], include: [], exclude: exclude.slice(0, 50) });
    expect(count).toEqual({ kind: 'exactly', cells: 2 });
    expect(countCells({ axes, include: [], exclude: [{ axis7: 1 }] })).toEqual({ kind: 'exactly', cells: 0 });
    const manyValues = [...axes, ['long', Array.from({ length: 100 }, (_, index) => index)]] as const;
    expect(countCells({ axes: [...manyValues, ...manyValues], include: [], exclude })).toMatchObject({
      kind: 'at-least',
    });
  });

  it('never counts more with an exclusion, nor fewer with an include', () => {
    const value = constantFrom('x', 'y', 'z');
    const entry = record({ a: value, b: value }, { requiredKeys: [] });
    assert(
      property(array(entry, { maxLength: 4 }), array(entry, { maxLength: 4 }), (first, second) => {
        const axes = [
          ['a', ['x', 'y']],
          ['b', ['x', 'y', 'z']],
        ] as const;
        // Without missing keys, an entry is a JSON object.
        const [include, exclude] = [first, second] as unknown as readonly [JsonObject[], JsonObject[]];
        const plain = countCells({ axes, include: [], exclude: [] }).cells;
        expect(countCells({ axes, include: [], exclude }).cells).toBeLessThanOrEqual(plain);
        expect(countCells({ axes, include, exclude: [] }).cells).toBeGreaterThanOrEqual(plain);
      }),
    );
  });
});
