import { describe, expect, it } from 'vitest';
import { nextStarts } from './index.ts';

function starts(cron: string, after: string, count: number): readonly string[] {
  const found = nextStarts({ cron, timezone: 'Europe/Berlin' }, { after: new Date(after), count });
  return found.map((date) => date.toISOString().replace(':00.000Z', 'Z'));
}

describe('nextStarts', () => {
  it('follows the clocks of the time zone', () => {
    expect(starts('30 6 * * mon-fri', '2026-01-09T12:00:00Z', 2)).toEqual(['2026-01-12T05:30Z', '2026-01-13T05:30Z']);
    expect(starts('30 6 * * mon-fri', '2026-07-10T12:00:00Z', 1)).toEqual(['2026-07-13T04:30Z']);
  });

  it('does not give the moment after which it is asked', () => {
    expect(starts('30 6 * * *', '2026-01-09T05:30:00Z', 1)).toEqual(['2026-01-10T05:30Z']);
  });

  it('makes up at the end of the gap for a time that the clocks skip', () => {
    // On 29 March 2026 it is 03:00 right after 01:59.
    expect(starts('30 2 * * *', '2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:00Z', '2026-03-30T00:30Z']);
    expect(starts('30 2,14 * * *', '2026-03-28T23:00:00Z', 2)).toEqual(['2026-03-29T01:00Z', '2026-03-29T12:30Z']);
  });

  it('goes on every quarter of an hour through the gap', () => {
    expect(starts('*/15 * * * *', '2026-03-29T00:30:00Z', 3)).toEqual([
      '2026-03-29T00:45Z',
      '2026-03-29T01:00Z',
      '2026-03-29T01:15Z',
    ]);
  });

  it('starts once at a time that comes twice, and at each hour that passes', () => {
    // On 25 October 2026 the hour from 02:00 to 02:59 comes twice.
    expect(starts('30 2 * * *', '2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30Z', '2026-10-26T01:30Z']);
    expect(starts('0 * * * *', '2026-10-24T23:30:00Z', 3)).toEqual([
      '2026-10-25T00:00Z',
      '2026-10-25T01:00Z',
      '2026-10-25T02:00Z',
    ]);
  });

  it('waits for leap years, and takes a day of the month or of the week', () => {
    expect(starts('0 0 29 2 *', '2026-01-01T00:00:00Z', 2)).toEqual(['2028-02-28T23:00Z', '2032-02-28T23:00Z']);
    expect(starts('0 12 1 * mon', '2026-06-25T00:00:00Z', 3)).toEqual([
      '2026-06-29T10:00Z',
      '2026-07-01T10:00Z',
      '2026-07-06T10:00Z',
    ]);
  });

  it('gives nothing where there is no such day', () => {
    expect(starts('0 0 31 2 *', '2026-01-01T00:00:00Z', 1)).toEqual([]);
  });
});
