import { describe, expect, it } from 'vitest';
import { apiQuery, filterOf, linkToRuns, localTime, timeInZone } from './filter.ts';

describe('the times of a filter', () => {
  it('are in the address with their zone, and in fields as the reader has them', () => {
    const entered = '2026-05-01T12:00';
    const kept = timeInZone(entered);
    expect(kept).toBe(new Date(2026, 4, 1, 12).toISOString().replace('.000Z', 'Z'));
    expect(localTime(kept)).toBe(entered);
    const filter = filterOf(
      new URLSearchParams(linkToRuns({ ...filterOf(new URLSearchParams()), from: kept }).slice(7)),
    );
    expect(filter.from).toBe(kept);
    expect(apiQuery(filter)).toMatchObject({ created_after: kept, created_before: undefined });
  });

  it('are those of other zones, too, and none where they are no times', () => {
    expect(timeInZone('2026-05-01T12:00:30+02:00')).toBe('2026-05-01T10:00:30Z');
    expect([timeInZone('soon'), timeInZone(''), localTime('')]).toEqual(['', '', '']);
    expect(localTime(timeInZone('2026-05-01T12:00:30'))).toBe('2026-05-01T12:00:30');
  });
});
