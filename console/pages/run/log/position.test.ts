import { describe, expect, it } from 'vitest';
import { positionBefore } from './position.ts';

describe('where reading begins for a line in the middle of a log', () => {
  it.each([
    ['30.7', '10.0'],
    ['30.7.25', '10.0'],
    // Of two sources, and of the second alone.
    ['30.1~44.2', '10.0~24.0'],
    ['~44.2', '~24.0'],
    ['5.1~44.2', '~24.0'],
    ['44.2~5.1', '24.0'],
  ])('is some parts before it: %s', (position, before) => {
    expect(positionBefore(position)).toBe(before);
  });

  it('is the beginning where the line is near to it', () => {
    expect([positionBefore('3.1'), positionBefore('20.9'), positionBefore('')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
