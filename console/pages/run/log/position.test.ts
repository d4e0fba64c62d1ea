import { describe, expect, it } from 'vitest';
import { positionBefore } from './position.ts';

describe('where reading begins for a line in the middle of a log', () => {
  it.each([
    ['30.7', '30.0'],
    // It began earlier.
    ['30.7.25', '26.0'],
    // Of two sources, and of the second alone.
    ['30.1~44.2', '30.0~44.0'],
    ['~44.2', '~44.0'],
    ['1.1~44.2.40', '~41.0'],
    ['44.2~1.1', '44.0'],
  ])('is where its part does, or where lines are counted from: %s', (position, before) => {
    expect(positionBefore(position)).toBe(before);
  });

  it('is the beginning where that is there', () => {
    expect([positionBefore('1.4'), positionBefore('5.9.0'), positionBefore('')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
