import fc from 'fast-check';
import { expect, it } from 'vitest';
import { blockBytes, blocksInOrder, pieceBytes } from './transfer.ts';

/** A file of `bytes` bytes, each of which tells where it stands; answers come in any order. */
function fileOf(bytes: number): {
  readonly fetch: (at: number, into: Buffer) => Promise<number>;
  readonly asked: number[];
} {
  const asked: number[] = [];
  return {
    asked,
    async fetch(at, into) {
      asked.push(at);
      for (let turn = 0; turn < (at / pieceBytes) % 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const count = Math.max(0, Math.min(into.length, bytes - at));
      for (let index = 0; index < count; index += 1) into[index] = (at + index) % 251;
      return count;
    },
  };
}

async function read(bytes: number, place: { readonly from: number; readonly expected: number }) {
  const file = fileOf(bytes);
  let position = place.from;
  for await (const block of blocksInOrder(place, file.fetch)) {
    expect(block.every((byte, index) => byte === (position + index) % 251)).toBe(true);
    position += block.length;
  }
  return { position, asked: file.asked };
}

const size = fc.oneof(
  fc.nat(2 * pieceBytes),
  fc.constantFrom(0, pieceBytes, blockBytes, pieceBytes + blockBytes, 3 * blockBytes + 7),
);

it('hands on a file in its order, however long it turns out to be', async () => {
  await fc.assert(
    fc.asyncProperty(size, size, fc.nat(pieceBytes), async (bytes, expected, from) => {
      expect((await read(bytes, { from: Math.min(from, bytes), expected })).position).toBe(bytes);
    }),
    { numRuns: 60 },
  );
});

it('asks for a small file once, and for many pieces of a large one ahead', async () => {
  expect((await read(100, { from: 0, expected: 100 })).asked).toEqual([0]);
  expect((await read(0, { from: 0, expected: 0 })).asked).toEqual([0]);
  const large = await read(4 * blockBytes, { from: 0, expected: 4 * blockBytes });
  // Each piece, and one more, which is the end.
  expect(large.asked).toHaveLength(4 * (blockBytes / pieceBytes) + 1);
});

it('fails with what one of the pieces fails with', async () => {
  const fetch = (at: number): Promise<number> =>
    at === 0 ? Promise.resolve(pieceBytes) : Promise.reject(new Error('gone'));
  const blocks = blocksInOrder({ from: 0, expected: 2 * blockBytes }, fetch);
  expect((await blocks.next()).done).toBe(false);
  await expect(blocks.next()).rejects.toThrow('gone');
});
