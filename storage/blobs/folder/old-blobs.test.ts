import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Digest } from '../../../schemas/index.ts';
import { contentOf, digestOfText } from '../contract/content.ts';
import { openBlobs, removeBlobsPutBefore } from '../index.ts';

const dayMs = 86_400_000;

function place() {
  const root = mkdtempSync(join(tmpdir(), 'waterflow-old-blobs-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const folder = join(root, 'blobs');
  const fileOf = (digest: Digest): string => join(folder, digest.slice(7, 9), digest.slice(7));
  /** As if it had last been put some days ago. */
  const age = (digest: Digest, days: number): void => {
    const at = (Date.now() - days * dayMs) / 1_000;
    utimesSync(fileOf(digest), at, at);
  };
  return { folder, age };
}

it('removes blobs that were last put before, and no others', async () => {
  const { folder, age } = place();
  await using blobs = await openBlobs({ folder });
  const [old, recent, again] = ['old', 'recent', 'again'].map(digestOfText) as [Digest, Digest, Digest];
  for (const text of ['old', 'recent', 'again']) await blobs.put(contentOf(text));
  age(old, 31);
  age(recent, 29);
  age(again, 31);
  await blobs.put(contentOf('again'));
  expect(await removeBlobsPutBefore(folder, Date.now() - 30 * dayMs)).toBe(1);
  expect(await Promise.all([old, recent, again].map((digest) => blobs.has(digest)))).toEqual([false, true, true]);
  expect(await removeBlobsPutBefore(folder, Date.now() - 30 * dayMs)).toBe(0);
  expect(readdirSync(join(folder, 'incoming'))).toEqual([]);
});

it('leaves a blob there that is put while it is removed', async () => {
  const { folder, age } = place();
  await using blobs = await openBlobs({ folder });
  const digest = digestOfText('busy');
  for (let round = 0; round < 30; round += 1) {
    await blobs.put(contentOf('busy'));
    age(digest, 31);
    const before = Date.now() - 30 * dayMs;
    await Promise.all([blobs.put(contentOf('busy')), removeBlobsPutBefore(folder, before)]);
    expect(await blobs.has(digest)).toBe(true);
  }
});

it('finds nothing where no blob ever was', async () => {
  const { folder } = place();
  expect(await removeBlobsPutBefore(folder, Date.now())).toBe(0);
  expect(existsSync(folder)).toBe(false);
});
