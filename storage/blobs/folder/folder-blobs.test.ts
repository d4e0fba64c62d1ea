import { existsSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../schemas/index.ts';
import { mountSmallDisk } from '../../contract/small-disk.ts';
import { describeBlobs, type TestBlobs } from '../contract/blobs-contract.ts';
import { contentOf, digestOfText, errorOf, textIn } from '../contract/content.ts';
import { openBlobs } from '../index.ts';

async function folderBlobs(): Promise<TestBlobs> {
  const root = mkdtempSync(join(tmpdir(), 'waterflow-blobs-'));
  const folder = join(root, 'state', 'blobs');
  return {
    blobs: await openBlobs({ folder }),
    reopen: () => openBlobs({ folder }),
    fileOf: (digest: Digest) => join(folder, digest.slice(7, 9), digest.slice(7)),
    incoming: join(folder, 'incoming'),
    async [Symbol.asyncDispose]() {
      rmSync(root, { recursive: true });
    },
  };
}

describeBlobs('a folder', folderBlobs);

describe('blobs in a folder', () => {
  it('are read by their owner alone', async () => {
    await using store = await folderBlobs();
    const file = store.fileOf((await store.blobs.put(contentOf('text'))).digest);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const folder of [dirname(file), dirname(dirname(file)), store.incoming]) {
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    }
  });

  it('leave nothing behind of a process that died an hour ago, and what is new alone, unless nobody else has them', async () => {
    await using store = await folderBlobs();
    const [old, recent] = [join(store.incoming, 'old'), join(store.incoming, 'recent')];
    for (const file of [old, recent]) writeFileSync(file, 'half');
    const hourAgo = Date.now() / 1000 - 3601;
    utimesSync(old, hourAgo, hourAgo);
    await store.reopen();
    expect([existsSync(old), existsSync(recent)]).toEqual([false, true]);
    await openBlobs({ folder: dirname(store.incoming), alone: true });
    expect(existsSync(recent)).toBe(false);
  });

  it('fail with a remedy where no folder can be', async () => {
    await using store = await folderBlobs();
    const file = join(dirname(store.incoming), 'file');
    writeFileSync(file, '');
    expect(await errorOf(openBlobs({ folder: join(file, 'blobs') }))).toMatchObject({
      code: 'STORAGE_FAILED',
      remedy: expect.any(String),
    });
  });
});

const disk = mountSmallDisk({ bytes: 1024 * 1024 });
describe.skipIf(disk === undefined)('a full disk (needs root, to mount a small one)', () => {
  it('is STORAGE_FULL, and keeps what was stored and nothing else', async () => {
    const blobs = await openBlobs({ folder: join(disk?.folder ?? '', 'blobs') });
    await blobs.put(contentOf('small'));
    const big = Array.from({ length: 20 }, () => 'x'.repeat(100_000));
    expect(await errorOf(blobs.put(contentOf(...big)))).toMatchObject({
      code: 'STORAGE_FULL',
      remedy: expect.stringContaining('Free space'),
    });
    expect(await textIn(await blobs.get(digestOfText('small')))).toBe('small');
    await blobs.put(contentOf('x'.repeat(500_000)));
    disk?.[Symbol.dispose]();
  });
});
