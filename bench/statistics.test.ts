import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Statistic, statisticOf } from './statistics.ts';

const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

describe('statisticOf', () => {
  it.each([
    ['min', 1],
    ['p50', 50],
    ['p95', 95],
    ['p99', 99],
    ['max', 100],
  ] as const)('gives the %s of 1 to 100, whatever their order', (statistic, expected) => {
    expect(statisticOf(hundred, statistic)).toBe(expected);
  });

  it('gives the slower of two for every quantile above the middle', () => {
    expect(statisticOf([7, 3], 'p50')).toBe(3);
    expect(statisticOf([7, 3], 'p95')).toBe(7);
  });

  it('has nothing to say of no samples', () => {
    expect(statisticOf([], 'p50')).toBeNaN();
  });

  it('always gives one of the samples, and never a smaller one for a higher quantile', () => {
    const statistics: readonly Statistic[] = ['min', 'p50', 'p95', 'p99', 'max'];
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1 }), (samples) => {
        const values = statistics.map((statistic) => statisticOf(samples, statistic));
        expect(values.every((value) => samples.includes(value))).toBe(true);
        expect(values).toEqual(values.toSorted((left, right) => left - right));
      }),
    );
  });
});
