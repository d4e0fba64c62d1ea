import { assert, constantFrom, integer, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSize, sizeText } from './size.ts';

describe('parseSize', () => {
  it.each([
    ['64MiB', 67_108_864],
    ['1.5GB', 1_500_000_000],
    ['512 B', 512],
    ['1KB', 1_000],
    ['1KiB', 1_024],
    ['0.5KiB', 512],
    ['2TiB', 2_199_023_255_552],
  ])('reads %s as %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    '',
    '64',
    'MiB',
    '64mib',
    '64M',
    '-1B',
    '1.0001B',
    '64MiB ',
    '1e3B',
    '99999999999TiB',
    `${'9'.repeat(9_999)}B`,
  ])('refuses %s', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  it('scales any whole amount by its unit', () => {
    assert(
      property(integer({ min: 0, max: 4_000_000 }), (amount) => {
        expect(parseSize(`${amount}KiB`)).toBe(amount * 1024);
        expect(parseSize(`${amount}MB`)).toBe(amount * 1_000_000);
      }),
    );
  });

  it('is written by the largest unit that says it exactly, and reads back', () => {
    const texts = [7, 1024, 1500, 134_217_728, 2_147_483_648, 1_000_000, 0].map(sizeText);
    expect(texts).toEqual(['7B', '1KiB', '1500B', '128MiB', '2GiB', '1MB', '0B']);
    assert(
      property(integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (bytes) => {
        expect(parseSize(sizeText(bytes))).toBe(bytes);
      }),
    );
  });

  it('gives a whole number or undefined on any text, and never throws', () => {
    assert(
      property(string({ unit: constantFrom('1', '0', '.', 'K', 'M', 'i', 'B', ' ') }), (text) => {
        const result = parseSize(text);
        expect(result === undefined || (Number.isSafeInteger(result) && result >= 0)).toBe(true);
      }),
    );
  });
});
