import { createHash, randomFillSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { startDigest } from './index.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const large = 16 * 1024 * 1024;

describe.each([
  ['small', 0],
  ['large', large],
])('a digest of what is to be %s', (_size, expected) => {
  test.each([0, 1, 1000, 256 * 1024, 256 * 1024 + 1, 1024 * 1024, 5_000_003])('has %d bytes', async (size) => {
    const bytes = randomFillSync(Buffer.alloc(size));
    for (const step of [size, 65_536, 1_000_001]) {
      using digest = startDigest(expected);
      // The memory is used anew each time, as those do who read from a disk.
      const piece = Buffer.alloc(Math.max(1, Math.min(step, size)));
      for (let from = 0; from < size; from += piece.length) {
        const part = piece.subarray(0, bytes.copy(piece, 0, from));
        await digest.update(part);
        part.fill(0);
      }
      expect(await digest.end()).toBe(sha256(bytes));
    }
  });

  test('is made beside others, of which some are given up', async () => {
    const contents = Array.from({ length: 20 }, () => randomFillSync(Buffer.alloc(3_000_000)));
    const made = contents.map(async (bytes, index) => {
      using digest = startDigest(expected);
      for (let from = 0; from < bytes.length; from += 100_000) {
        await digest.update(bytes.subarray(from, from + 100_000));
        if (index % 3 === 0 && from > 1_000_000) return 'given up';
      }
      return digest.end();
    });
    expect(await Promise.all(made)).toEqual(
      contents.map((bytes, index) => (index % 3 === 0 ? 'given up' : sha256(bytes))),
    );
  });
});
