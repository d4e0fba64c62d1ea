import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../schemas/index.ts';
import { cellNames, type MatrixValues, spreadMatrix } from './matrix.ts';

function cells(matrix: Partial<MatrixValues>): readonly JsonObject[] {
  const spread = spreadMatrix({ axes: [], include: [], exclude: [], ...matrix });
  if ('problem' in spread) throw new Error(spread.problem.message);
  return spread.ok;
}

function problem(matrix: Partial<MatrixValues>): string {
  const spread = spreadMatrix({ axes: [], include: [], exclude: [], ...matrix });
  return 'problem' in spread ? spread.problem.code : 'none';
}

const axes = [
  ['os', ['linux', 'mac']],
  ['node', [22, 24]],
] as const;

describe('spreading a matrix', () => {
  it('combines the axes, the first one changing slowest', () => {
    expect(cells({ axes })).toEqual([
      { os: 'linux', node: 22 },
      { os: 'linux', node: 24 },
      { os: 'mac', node: 22 },
      { os: 'mac', node: 24 },
    ]);
  });

  it('drops every combination that has all values of an exclude', () => {
    expect(cells({ axes, exclude: [{ os: 'mac' }, { os: 'linux', node: 22 }] })).toEqual([{ os: 'linux', node: 24 }]);
  });

  it('compares values with their types, deeply', () => {
    const matrix = { axes: [['v', [1, '1', { a: [1] }, { a: [2] }]]] as const };
    expect(cells({ ...matrix, exclude: [{ v: '1' }, { v: { a: [2] } }] })).toEqual([{ v: 1 }, { v: { a: [1] } }]);
  });

  it('adds an include without axis values to every combination', () => {
    expect(cells({ axes: [['os', ['linux', 'mac']]], include: [{ fast: true }] })).toEqual([
      { os: 'linux', fast: true },
      { os: 'mac', fast: true },
    ]);
  });

  it('adds an include with axis values only where they agree, and otherwise as a cell of its own', () => {
    const include = [{ os: 'mac', shell: 'zsh' }, { os: 'bsd' }];
    expect(cells({ axes: [['os', ['linux', 'mac']]], include })).toEqual([
      { os: 'linux' },
      { os: 'mac', shell: 'zsh' },
      { os: 'bsd' },
    ]);
  });

  it('lets a later include replace what an earlier one added, but no value of an axis', () => {
    const include = [
      { shell: 'bash' },
      { os: 'mac', shell: 'zsh' },
      { os: 'bsd', shell: 'sh' },
      { shell: 'fish', os: 'bsd' },
    ];
    expect(cells({ axes: [['os', ['linux', 'mac']]], include })).toEqual([
      { os: 'linux', shell: 'bash' },
      { os: 'mac', shell: 'zsh' },
      { os: 'bsd', shell: 'sh' },
      { os: 'bsd', shell: 'fish' },
    ]);
  });

  it('makes a cell of each include where there are no axes', () => {
    expect(cells({ include: [{ a: 1 }, { b: 2 }] })).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('adds an include after everything was excluded as a cell of its own', () => {
    expect(cells({ axes: [['os', ['linux']]], exclude: [{ os: 'linux' }], include: [{ fast: true }] })).toEqual([
      { fast: true },
    ]);
  });

  it('takes axes named like properties of every object for axes', () => {
    const [cell] = cells({
      axes: [
        ['__proto__', ['x']],
        ['constructor', ['y']],
      ],
    });
    expect(Object.entries(cell ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(problem({ axes: [['os', ['linux']]], exclude: [{ toString: 'x' }] })).toBe('INVALID_VALUE');
  });
});

describe('limits of a matrix', () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

  it('takes 256 cells and no more', () => {
    expect(
      cells({
        axes: [
          ['a', numbers(16)],
          ['b', numbers(16)],
        ],
      }),
    ).toHaveLength(256);
    expect(problem({ axes: [['a', numbers(257)]] })).toBe('LIMIT_EXCEEDED');
    expect(problem({ axes: [['a', numbers(256)]], include: [{ a: -1 }] })).toBe('LIMIT_EXCEEDED');
  });

  it('counts cells after exclude', () => {
    expect(cells({ axes: [['a', numbers(257)]], exclude: [{ a: 3 }] })).toHaveLength(256);
  });

  it('refuses axes whose combinations would take for ever', () => {
    const axis = numbers(1000);
    expect(
      problem({
        axes: [
          ['a', axis],
          ['b', axis],
          ['c', axis],
        ],
        exclude: [{ a: 1 }],
      }),
    ).toBe('LIMIT_EXCEEDED');
    expect(problem({ axes: [['a', [1]]], exclude: numbers(1001).map((a) => ({ a })) })).toBe('LIMIT_EXCEEDED');
  });

  it('refuses an axis without values, a matrix without cells, and an exclude of an unknown axis', () => {
    expect(problem({ axes: [['os', []]] })).toBe('EMPTY');
    expect(problem({ axes: [['os', ['linux']]], exclude: [{ os: 'linux' }] })).toBe('EMPTY');
    expect(problem({ axes: [['os', ['linux']]], exclude: [{ ox: 'linux' }] })).toBe('INVALID_VALUE');
  });
});

describe('names of cells', () => {
  it('shows the values, nested ones too, in their order', () => {
    expect(cellNames('build', [{ os: 'linux', node: 24 }, { image: { name: 'web', tags: ['a', 'b'] } }])).toEqual([
      'build (linux, 24)',
      'build (web, a, b)',
    ]);
  });

  it('cuts long values, takes out control characters, and numbers what reads alike', () => {
    const long = 'x'.repeat(100);
    const names = cellNames('build', [{ a: 1 }, { a: '1' }, { a: '1', b: [] }, { a: long }, { a: 'a\nb' }]);
    expect(names).toEqual(['build (1)', 'build (1) #2', 'build (1) #3', `build (${'x'.repeat(59)}…)`, 'build (a b)']);
  });
});

it('keeps every axis value of a cell, drops exactly the excluded, and names each cell once', () => {
  const value = fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 2 }), fc.boolean());
  const axis = fc.uniqueArray(value, { minLength: 1, maxLength: 3 });
  const entry = fc.dictionary(fc.constantFrom('x', 'y', 'z'), value, { maxKeys: 3 });
  const exclude = fc.array(fc.dictionary(fc.constantFrom('x', 'y'), value, { minKeys: 1 }), { maxLength: 3 });
  const has = (cell: JsonObject, part: JsonObject) => Object.entries(part).every(([key, item]) => cell[key] === item);
  fc.assert(
    fc.property(axis, axis, fc.array(entry, { maxLength: 4 }), exclude, (xs, ys, include, excluded) => {
      const kept = xs
        .flatMap((x) => ys.map((y) => ({ x, y })))
        .filter((cell) => !excluded.some((out) => has(cell, out)));
      fc.pre(kept.length + include.length > 0);
      const all = cells({
        axes: [
          ['x', xs],
          ['y', ys],
        ],
        include,
        exclude: excluded,
      });
      expect(all.slice(0, kept.length).map(({ x, y }) => ({ x, y }))).toEqual(kept);
      for (const own of all.slice(kept.length)) expect(include).toContainEqual(own);
      expect(new Set(cellNames('job', all)).size).toBe(all.length);
    }),
  );
});
