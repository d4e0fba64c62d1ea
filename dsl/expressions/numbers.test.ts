import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { numberToText, parseNumber } from './numbers.ts';

describe('parseNumber', () => {
  test.each([
    ['', 0],
    ['  \t ', 0],
    ['12', 12],
    [' 12 ', 12],
    ['-1.5', -1.5],
    ['+1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1.5E-3', 0.0015],
    ['0xff', 255],
    ['0xFF', 255],
    ['0x7fffffff', 2147483647],
    ['0xffffffff', -1],
    ['0x00000000ff', 255],
    ['0o17', 15],
    ['0o37777777777', -1],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['1e999', Number.POSITIVE_INFINITY],
  ])('reads %j as %d', (text, number) => {
    expect(parseNumber(text)).toBe(number);
  });

  test.each([
    '0b11',
    '0B11',
    '0X1F',
    '0O17',
    '-0x1',
    '0x',
    '0o8',
    '0x1ffffffff',
    '0o77777777777',
    '1_000',
    '1,5',
    '.',
    'e5',
    '1e',
    '1 2',
    'abc',
    'NaN',
    '١٢',
  ])('finds no number in %j', (text) => {
    expect(parseNumber(text)).toBeNaN();
  });

  test('reads back what it is given in decimal', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (number) => {
        expect(parseNumber(String(number)) === number).toBe(true);
      }),
    );
  });
});

describe('numberToText', () => {
  test.each([
    [0, '0'],
    [-0, '0'],
    [1, '1'],
    [-12, '-12'],
    [0.1, '0.1'],
    [0.1 + 0.2, '0.3'],
    [1 / 3, '0.333333333333333'],
    [2 / 3, '0.666666666666667'],
    [123456789.1234568, '123456789.123457'],
    [99999999999999, '99999999999999'],
    [999999999999999, '999999999999999'],
    [1e15, '1E+15'],
    [1234567890123456, '1.23456789012346E+15'],
    [1e21, '1E+21'],
    [1.5e300, '1.5E+300'],
    [0.0001, '0.0001'],
    [0.00012345, '0.00012345'],
    [0.00001, '1E-05'],
    [1e-7, '1E-07'],
    [-1.25e-10, '-1.25E-10'],
    [5e-324, '4.94065645841247E-324'],
    [Number.MAX_VALUE, '1.79769313486232E+308'],
    [9007199254740992, '9.00719925474099E+15'],
    [999999999999999.9, '1E+15'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('writes %d as %j', (number, text) => {
    expect(numberToText(number)).toBe(text);
  });

  test('rounds a tie to the even digit, as .NET does', () => {
    expect(numberToText(1234567890123445)).toBe('1.23456789012344E+15');
    expect(numberToText(1234567890123455)).toBe('1.23456789012346E+15');
  });

  test('stays within 15 digits of the number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const text = numberToText(number);
        expect(text).toMatch(/^-?(?:\d+(?:\.\d+)?)(?:E[+-]\d{2,3})?$/);
        const back = Number(text);
        // Rounding the greatest doubles to 15 digits may leave their range.
        const distance = Number.isFinite(back) ? Math.abs(back - number) : 0;
        expect(distance).toBeLessThanOrEqual(Math.abs(number) * 5.1e-15);
      }),
    );
  });
});
