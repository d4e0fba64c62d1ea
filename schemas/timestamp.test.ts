import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTimestamp } from './timestamp.ts';

describe('parseTimestamp', () => {
  it('reads what toISOString writes', () => {
    const date = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (time) => {
        expect(parseTimestamp(time.toISOString())).toBe(time.getTime());
      }),
    );
  });

  it.each([
    ['2026-12-24T18:00:00+01:00', '2026-12-24T17:00:00.000Z'],
    ['2026-12-24 18:00Z', '2026-12-24T18:00:00.000Z'],
    ['2024-02-29t23:59:59.5z', '2024-02-29T23:59:59.500Z'],
    ['2026-01-01T00:30:00.1239-05:30', '2026-01-01T06:00:00.123Z'],
  ])('reads %s', (text, expected) => expect(parseTimestamp(text)).toBe(Date.parse(expected)));

  it.each([
    'noon',
    '',
    '2026-12-24',
    '18:00',
    '2026-12-24T18:00:00',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-12-24T24:00:00Z',
    '2026-12-24T18:60:00Z',
    '2026-12-24T18:00:60Z',
    '2026-12-24T18:00:00+24:00',
    '2026-12-24T18:00:00Z tomorrow',
  ])('refuses %j', (text) => expect(parseTimestamp(text)).toBeUndefined());
});
