import { expect, test } from 'vitest';
import { newId } from './ids.ts';

const powers = (now: number, byte: number): Parameters<typeof newId>[1] => ({
  now: () => now,
  randomBytes: (length) => new Uint8Array(length).fill(byte),
});

test('an id is its prefix and 26 digits of base 32', () => {
  expect(newId('key')).toMatch(/^key_[0-9a-hjkmnp-tv-z]{26}$/u);
  expect(newId('req', powers(0, 0))).toBe(`req_${'0'.repeat(26)}`);
  expect(newId('req', powers(31, 255))).toBe(`req_000000000z${'z'.repeat(16)}`);
});

test('later ids sort after earlier ones, whatever their random part', () => {
  expect(newId('sch', powers(1_800_000_000_001, 0)) > newId('sch', powers(1_800_000_000_000, 255))).toBe(true);
});

test('ids of one moment differ', () => {
  const ids = new Set(Array.from({ length: 1000 }, () => newId('whk')));
  expect(ids.size).toBe(1000);
});
