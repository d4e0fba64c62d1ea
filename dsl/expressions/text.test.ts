import { describe, expect, test } from 'vitest';

import { findKey, foldCase, isTruthy, keyFinder, toText } from './text.ts';

describe('isTruthy', () => {
  test.each([[null], [false], [0], [-0], [Number.NaN], ['']])('%j is false', (value) => {
    expect(isTruthy(value)).toBe(false);
  });

  test.each([[true], [1], [-1], ['0'], ['false'], [' '], [[]], [{}]])('%j is true', (value) => {
    expect(isTruthy(value)).toBe(true);
  });
});

describe('toText', () => {
  test.each([
    [null, ''],
    [true, 'true'],
    [false, 'false'],
    [0.1, '0.1'],
    [1e21, '1E+21'],
    ['a b', 'a b'],
    [[1, 2], 'Array'],
    [{ a: 1 }, 'Object'],
  ])('%j becomes %j', (value, text) => {
    expect(toText(value)).toBe(text);
  });
});

describe('foldCase', () => {
  test.each([
    ['abcXYZ-09', 'ABCXYZ-09'],
    ['straße', 'STRAßE'],
    ['äöü', 'ÄÖÜ'],
    ['ıſ', 'ıſ'],
    ['σς', 'ΣΣ'],
    ['𐐨', '𐐀'],
    ['ﬁ', 'ﬁ'],
  ])('%s becomes %s', (text, folded) => {
    expect(foldCase(text)).toBe(folded);
  });
});

describe('keyFinder', () => {
  test('looks at an object of many keys once, however often it is asked', () => {
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`Key${index}`, index]));
    const find = keyFinder(wide);
    for (let index = 0; index < 10_000; index += 1) expect(find(`KEY${index}`)).toBe(`Key${index}`);
  });
});

describe('findKey', () => {
  test('prefers the key itself, then takes the first that differs in case alone', () => {
    expect(findKey({ Name: 1, name: 2 }, 'name')).toBe('name');
    expect(findKey({ Name: 1, NAME: 2 }, 'name')).toBe('Name');
    expect(findKey({ other: 1 }, 'name')).toBeUndefined();
  });

  test('finds nothing that is only inherited', () => {
    expect(findKey({}, 'constructor')).toBeUndefined();
    expect(findKey({}, '__proto__')).toBeUndefined();
  });
});
