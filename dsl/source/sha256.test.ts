import { createHash } from 'node:crypto';
import { assert, property, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from './sha256.ts';

const reference = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('sha256', () => {
  it('agrees with the platform around block borders', () => {
    for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 10_000]) {
      const bytes = new Uint8Array(length).fill(0xa5);
      expect(sha256(bytes)).toBe(reference(bytes));
    }
  });

  it('agrees with the platform on any bytes', () => {
    assert(
      property(uint8Array({ maxLength: 300 }), (bytes) => {
        expect(sha256(bytes)).toBe(reference(bytes));
      }),
    );
  });
});
