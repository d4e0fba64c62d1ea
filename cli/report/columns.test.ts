import { assert, integer, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, fit, pad } from './columns.ts';

describe('the columns of a text', () => {
  it.each([
    ['plain', 5],
    ['naïve', 5],
    ['水流', 4],
    ['🚰', 2],
    ['', 0],
  ])('%s takes %d', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });

  it.each([
    ['a long name', 6, 'a lon…'],
    ['fits', 4, 'fits'],
    ['水流水', 4, '水…'],
    ['x', 0, ''],
    ['long', 1, '…'],
    ['long', -3, ''],
  ])('%s is cut to %d as %s', (text, columns, expected) => {
    expect(fit(text, columns)).toBe(expected);
  });

  it('are never more than there is room for, and as many as are wished for', () => {
    assert(
      property(string({ unit: 'grapheme' }), integer({ min: -2, max: 40 }), (text, columns) => {
        expect(columnsOf(fit(text, columns))).toBeLessThanOrEqual(Math.max(0, columns));
        expect(columnsOf(pad(text, columns))).toBe(Math.max(columnsOf(text), columns));
      }),
    );
  });
});
