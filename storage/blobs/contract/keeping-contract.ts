import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../schemas/index.ts';
import type { MakeBlobs } from './blobs-contract.ts';
import { contentOf, digestOfText, errorOf, someDigest, textIn } from './content.ts';

export function describeKeeping(makeBlobs: MakeBlobs): void {
  describe('blobs', () => {
    it('are kept by the digest of their content, over a restart', async () => {
      await using store = await makeBlobs();
      const info = await store.blobs.put(contentOf('ab', '', 'c'));
      // The example of FIPS 180-2.
      const digest = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
      expect(info).toEqual({ digest, size: 3 });
      const later = await store.reopen();
      expect(await later.has(info.digest)).toBe(true);
      const blob = await later.get(info.digest);
      expect(blob?.size).toBe(3);
      expect(await textIn(blob)).toBe('abc');
      expect(readdirSync(store.incoming)).toEqual([]);
    });

    it('may be empty, and come from any stream', async () => {
      await using store = await makeBlobs();
      const empty = await store.blobs.put(contentOf());
      expect(empty).toEqual({ digest: digestOfText(''), size: 0 });
      const blob = await store.blobs.get(empty.digest);
      expect([blob?.size, await textIn(blob)]).toEqual([0, '']);
      const streamed = await store.blobs.put(Readable.from([Buffer.from('über'), Buffer.from('🦊')]));
      expect(await textIn(await store.blobs.get(streamed.digest))).toBe('über🦊');
    });

    it('that are put twice, also at the same time, are one', async () => {
      await using store = await makeBlobs();
      const infos = await Promise.all(Array.from({ length: 8 }, () => store.blobs.put(contentOf('same'))));
      expect(new Set(infos.map(({ digest }) => digest))).toEqual(new Set([digestOfText('same')]));
      expect(await textIn(await store.blobs.get(digestOfText('same')))).toBe('same');
      await store.blobs.remove(digestOfText('same'));
      expect(await store.blobs.has(digestOfText('same'))).toBe(false);
    });

    it('go when they are removed, and may be put again', async () => {
      await using store = await makeBlobs();
      const { digest } = await store.blobs.put(contentOf('text'));
      await store.blobs.put(contentOf('other'));
      await store.blobs.remove(digest);
      await store.blobs.remove(digest);
      expect(await store.blobs.get(digest)).toBeUndefined();
      expect(await textIn(await store.blobs.get(digestOfText('other')))).toBe('other');
      await store.blobs.put(contentOf('text'));
      expect(await textIn(await store.blobs.get(digest))).toBe('text');
    });

    it('that are not there, or whose digest is none, are not found', async () => {
      await using store = await makeBlobs();
      const digests = [someDigest, '', 'sha256:', 'sha256:../../etc/passwd', `md5:${'0'.repeat(64)}`, 'incoming'];
      for (const digest of digests as Digest[]) {
        expect(await store.blobs.has(digest)).toBe(false);
        expect(await store.blobs.get(digest)).toBeUndefined();
        expect(await store.blobs.get(digest, { from: 0, until: 0 })).toBeUndefined();
        expect(await store.blobs.get(digest, { from: 5 })).toBeUndefined();
        await store.blobs.remove(digest);
      }
    });

    it('are refused where they are not what was announced', async () => {
      await using store = await makeBlobs();
      const expected = digestOfText('announced');
      expect(await errorOf(store.blobs.put(contentOf('cut off'), { expected }))).toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(expected),
      });
      expect(await store.blobs.has(digestOfText('cut off'))).toBe(false);
      expect(await store.blobs.put(contentOf('announced'), { expected })).toEqual({ digest: expected, size: 9 });
      expect(readdirSync(store.incoming)).toEqual([]);
    });

    it('whose content breaks off are not kept, and who put them hears why', async () => {
      await using store = await makeBlobs();
      const reason = new Error('the client went away');
      const breaking = async function* () {
        yield* contentOf('half');
        throw reason;
      };
      await expect(store.blobs.put(breaking())).rejects.toBe(reason);
      expect(await store.blobs.has(digestOfText('half'))).toBe(false);
      expect(readdirSync(store.incoming)).toEqual([]);
    });
  });
}
