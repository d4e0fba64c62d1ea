import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identifier, insert, sql, textOf } from './sql.ts';
import { fromStored, keyOf, toStored } from './text.ts';

/** Any sequence of UTF-16 units, and often those that are written otherwise. */
const anyText = fc
  .array(fc.oneof(fc.constantFrom(0, 1, 2, 3, 0xd800, 0xdc00), fc.integer({ min: 0, max: 0xffff })))
  .map((units) => String.fromCharCode(...units));

describe('stored texts', () => {
  it('hold nothing that a database refuses, and are read as they were', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const stored = toStored(text);
        expect(stored).not.toContain('\0');
        expect(String(stored).isWellFormed()).toBe(true);
        expect(fromStored({ column: stored })).toEqual({ column: text });
      }),
    );
  });

  it('differ where texts do', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        expect(toStored(one) === toStored(other)).toBe(one === other);
      }),
    );
  });

  it('have keys that say where one text ends', () => {
    expect(keyOf('a', 'bc')).not.toBe(keyOf('ab', 'c'));
    expect(keyOf('a')).not.toBe(keyOf('a', ''));
  });
});

describe('statements', () => {
  it('hold values beside their text, however they are put together', () => {
    const part = sql`name = ${"'; DROP TABLE runs"} AND n = ${2}`;
    const whole = sql`SELECT 1 WHERE ${part} OR ${identifier('other')} = ${null} LIMIT ${3}`;
    expect(textOf(whole, (position) => `$${position}`)).toBe(
      'SELECT 1 WHERE name = $1 AND n = $2 OR other = $3 LIMIT $4',
    );
    expect(whole.values).toEqual(["'; DROP TABLE runs", 2, null, 3]);
  });

  it('insert rows of the same columns', () => {
    const statement = insert('things', [{ a: 1, b: 'x' }, { a: 2 }]);
    expect(textOf(statement, () => '?')).toBe('INSERT INTO things (a, b) VALUES (?, ?), (?, ?)');
    expect(statement.values).toEqual([1, 'x', 2, null]);
  });

  it('take no name that is none', () => {
    expect(() => identifier('runs; DROP TABLE runs')).toThrow(TypeError);
  });
});
