import { once } from 'node:events';
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MakeBlobs } from './blobs-contract.ts';
import { contentOf, readUntilFailure, textIn } from './content.ts';

const text = 'x'.repeat(1_000_000);

export function describeDamage(makeBlobs: MakeBlobs): void {
  describe('a blob that was changed where it lies', () => {
    it('fails before its last bytes, and is mended by the same content', async () => {
      await using store = await makeBlobs();
      const { digest } = await store.blobs.put(contentOf(text));
      writeFileSync(store.fileOf(digest), `y${text.slice(1)}`);
      const { text: read, error } = await readUntilFailure(await store.blobs.get(digest));
      expect(error).toMatchObject({ code: 'STORAGE_FAILED', remedy: expect.stringContaining('mends') });
      expect(read.length).toBeLessThan(text.length);
      await store.blobs.put(contentOf(text));
      expect(await textIn(await store.blobs.get(digest))).toBe(text);
    });

    it.each([0, 1, 999_999])('fails where only %s of its bytes are left', async (length) => {
      await using store = await makeBlobs();
      const { digest } = await store.blobs.put(contentOf(text));
      truncateSync(store.fileOf(digest), length);
      const { error } = await readUntilFailure(await store.blobs.get(digest));
      expect(error).toMatchObject({ code: 'STORAGE_FAILED' });
    });
  });

  describe('a blob that nobody reads to its end', () => {
    it('is given up without a file or a connection left open', async () => {
      await using store = await makeBlobs();
      const { digest } = await store.blobs.put(contentOf(text));
      const openFiles = () => readdirSync('/proc/self/fd').length;
      await (await store.blobs.get(digest))?.content.toArray();
      const before = openFiles();
      for (let count = 0; count < 20; count += 1) {
        const unread = await store.blobs.get(digest);
        unread?.content.destroy();
        if (unread !== undefined && !unread.content.closed) await once(unread.content, 'close');
        // The loop's end destroys what it reads from.
        for await (const _chunk of (await store.blobs.get(digest))?.content ?? []) break;
        for await (const _chunk of (await store.blobs.get(digest, { from: 5 }))?.content ?? []) break;
      }
      await expect.poll(openFiles).toBeLessThan(before + 5);
    });
  });
}
