import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { MakeBlobs } from './blobs-contract.ts';
import { textIn } from './content.ts';

const mebibyte = 1024 * 1024;
/** Several parts on S3, and the last one smaller. */
const size = 140 * mebibyte + 12_345;
/** Buffers of streams, and what the garbage collector hasn't taken yet. */
const memoryBytes = 64 * mebibyte;

/** Bytes that differ from block to block. */
async function* largeContent(): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < size; position += mebibyte) {
    yield Buffer.alloc(Math.min(mebibyte, size - position), `block at ${position};`);
  }
}

/** How much more memory the process has at most, while `action` goes on. */
async function growthDuring(action: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 10);
  await action();
  clearInterval(timer);
  return most - before;
}

export function describeLargeBlobs(makeBlobs: MakeBlobs): void {
  describe('a blob of 140 MiB', () => {
    it('is written and read without being held in memory', async () => {
      await using store = await makeBlobs();
      const hash = createHash('sha256');
      for await (const chunk of largeContent()) hash.update(chunk);
      const digest = `sha256:${hash.digest('hex')}`;
      let read = 0;
      const growth = await growthDuring(async () => {
        const info = await store.blobs.put(largeContent());
        expect(info).toEqual({ digest, size });
        for await (const chunk of (await store.blobs.get(info.digest))?.content ?? []) read += (chunk as Buffer).length;
        const range = await store.blobs.get(info.digest, { from: 100 * mebibyte, until: 100 * mebibyte + 8 });
        expect(await textIn(range)).toBe('block at');
      });
      expect(read).toBe(size);
      expect(growth).toBeLessThan(memoryBytes);
    });
  });
}
