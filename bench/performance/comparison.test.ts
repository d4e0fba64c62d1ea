import { describe, expect, it } from 'vitest';
import { boundOf } from './bounds.ts';
import { comparisonsOf, exitCodeOf } from './comparison.ts';
import type { Measured } from './record.ts';

const took = (scenario: Measured['scenario'], contestant: string, ...samples: readonly number[]): Measured => ({
  scenario,
  contestant,
  samples,
});
/** Above the bound that is written for act, whatever that is. */
const tooMuch = (boundOf('cold-start', 'Waterflow', 'act')?.most ?? 1) * 100 + 1;

describe('comparisons', () => {
  it('come with those that a peer wins first, the worst of them first, and then the others by scenario', () => {
    const comparisons = comparisonsOf({
      measured: [
        took('cold-start', 'Waterflow', 300),
        took('cold-start', 'act', 100),
        took('cold-start', 'Prefect', 900),
        took('three-steps', 'Waterflow', 100),
        took('three-steps', 'Luigi', 10),
        took('three-steps', 'Prefect', 500),
      ],
    });
    expect(comparisons.map(({ scenario, peer, outcome }) => [scenario.name, peer, outcome])).toEqual([
      ['three-steps', 'Luigi', 'lost'],
      ['cold-start', 'act', 'lost'],
      ['cold-start', 'Prefect', 'won'],
      ['three-steps', 'Prefect', 'won'],
    ]);
  });

  it('are ratios of medians, with the least and the most of single rounds', () => {
    const [comparison] = comparisonsOf({
      measured: [took('cold-start', 'Waterflow', 200, 900, 100), took('cold-start', 'act', 100, 100, 100)],
    });
    expect(comparison).toMatchObject({ median: 200, peerMedian: 100, ratio: 2, range: [1, 9] });
  });

  it('turn rates round: less of them costs more', () => {
    const [comparison] = comparisonsOf({
      measured: [took('log-throughput', 'Waterflow', 80), took('log-throughput', 'act', 100)],
    });
    expect(comparison).toMatchObject({ ratio: 1.25, outcome: 'lost' });
  });

  it('are made of Waterflow on Temporal with Temporal alone', () => {
    const comparisons = comparisonsOf({
      measured: [
        took('three-steps', 'Waterflow on Temporal', 100),
        took('three-steps', 'Temporal', 90),
        took('three-steps', 'act', 90),
      ],
    });
    expect(comparisons.map(({ peer }) => peer)).toEqual(['Temporal']);
  });
});

describe('the exit code', () => {
  const comparing = (waterflow: number) =>
    comparisonsOf({ measured: [took('cold-start', 'Waterflow', waterflow), took('cold-start', 'act', 100)] });

  it('is 0 where each peer wins by no more than its bound', () => {
    expect(exitCodeOf(comparing(101))).toBe(0);
    expect(exitCodeOf(comparing(50))).toBe(0);
  });

  it('is 1 where one wins by more', () => {
    expect(exitCodeOf(comparing(tooMuch))).toBe(1);
  });

  it('is 1 where a peer wins that has no bound of its own', () => {
    const measured = [took('cold-start', 'Waterflow', 101), took('cold-start', 'Prefect', 100)];
    expect(exitCodeOf(comparisonsOf({ measured }))).toBe(1);
  });

  it('is 1 where a ratio is no number', () => {
    const measured = [took('cold-start', 'Waterflow'), took('cold-start', 'act', 100)];
    expect(exitCodeOf(comparisonsOf({ measured }))).toBe(1);
  });
});
