import { assert, constantFrom, integer, maxSafeNat, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationText, parseDuration } from './duration.ts';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['2m', 120_000],
    ['1w2d', 777_600_000],
    ['1.5s', 1_500],
    ['1.1s', 1_100],
    ['0s', 0],
    ['PT5M', 300_000],
    ['PT1H30M', 5_400_000],
    ['P1DT12H', 129_600_000],
    ['P2W', 1_209_600_000],
    ['PT0.25S', 250],
  ])('reads %s as %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each([
    ['nothing', ''],
    ['a number without a unit', '90'],
    ['an unknown unit', '3y'],
    ['units in the wrong order', '30m1h'],
    ['a unit twice', '1h1h'],
    ['a sign', '-1s'],
    ['inner spaces', '1h 30m'],
    ['capital short units', '1H'],
    ['less than a millisecond', '0.5ms'],
    ['an ISO duration without amounts', 'P'],
    ['an ISO time part without amounts', 'P1DT'],
    ['ISO years', 'P1Y'],
    ['ISO months', 'P1M'],
    ['more than can be held exactly', '99999999999999999h'],
    ['an endless number', `${'9'.repeat(5_000)}s`],
  ])('refuses %s', (_what, text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('adds up any amounts, in either form', () => {
    const amount = integer({ min: 0, max: 10_000 });
    assert(
      property(tuple(amount, amount, amount), ([hours, minutes, seconds]) => {
        const expected = ((hours * 60 + minutes) * 60 + seconds) * 1000;
        expect(parseDuration(`${hours}h${minutes}m${seconds}s`)).toBe(expected);
        expect(parseDuration(`PT${hours}H${minutes}M${seconds}S`)).toBe(expected);
      }),
    );
  });

  it('gives a whole number or undefined on any text, and never throws', () => {
    assert(
      property(string({ unit: constantFrom('P', 'T', '1', '9', '.', 'h', 'm', 's', 'M', 'S', ' ') }), (text) => {
        const result = parseDuration(text);
        expect(result === undefined || (Number.isSafeInteger(result) && result >= 0)).toBe(true);
      }),
    );
  });
});

describe('durationText', () => {
  it.each([
    [86_400_000, '24h'],
    [5_400_000, '1h30m'],
    [500, '500ms'],
    [1_500, '1s500ms'],
    [0, '0s'],
  ])('writes %d ms as %s', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });

  it('writes what is read back as the same time', () => {
    assert(property(maxSafeNat(), (milliseconds) => parseDuration(durationText(milliseconds)) === milliseconds));
  });
});
