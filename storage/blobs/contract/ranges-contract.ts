import { describe, expect, it } from 'vitest';
import type { BlobRange } from '../port.ts';
import type { MakeBlobs } from './blobs-contract.ts';
import { contentOf, errorOf, textIn } from './content.ts';

const ranges: readonly (readonly [BlobRange, string])[] = [
  [{ from: 0 }, '0123456789'],
  [{ from: 3 }, '3456789'],
  [{ from: 0, until: 1 }, '0'],
  [{ from: 2, until: 5 }, '234'],
  [{ from: 9, until: 10 }, '9'],
  [{ from: 8, until: 1000 }, '89'],
  [{ from: 4, until: 4 }, ''],
  [{ from: 0, until: 0 }, ''],
  [{ from: 10 }, ''],
  [{ from: 10, until: 11 }, ''],
  [{ from: 5000 }, ''],
];

export function describeRanges(makeBlobs: MakeBlobs): void {
  describe('ranges', () => {
    it('hold the bytes that are there, and the size of all', async () => {
      await using store = await makeBlobs();
      const { digest } = await store.blobs.put(contentOf('0123456789'));
      for (const [range, text] of ranges) {
        const blob = await store.blobs.get(digest, range);
        expect([blob?.size, await textIn(blob)], JSON.stringify(range)).toEqual([10, text]);
      }
    });

    it('of an empty blob are empty', async () => {
      await using store = await makeBlobs();
      const { digest } = await store.blobs.put(contentOf());
      for (const range of [{ from: 0 }, { from: 0, until: 9 }, { from: 3 }]) {
        const blob = await store.blobs.get(digest, range);
        expect([blob?.size, await textIn(blob)]).toEqual([0, '']);
      }
    });

    it('that are none are refused', async () => {
      await using store = await makeBlobs();
      const { digest } = await store.blobs.put(contentOf('0123456789'));
      for (const range of [{ from: -1 }, { from: 1.5 }, { from: Number.NaN }, { from: 5, until: 4 }]) {
        expect(await errorOf(store.blobs.get(digest, range))).toMatchObject({ code: 'INVALID_INPUT' });
      }
    });
  });
}
