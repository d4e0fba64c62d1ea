import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mountSmallDisk } from '../../storage/contract/small-disk.ts';
import { createFolderStore } from '../../storage/index.ts';
import type { ExampleStep } from '../contract/plans.ts';
import { follow, requestOf, World } from '../contract/world.ts';
import { engineOn } from './testing/driver.ts';

const disk = mountSmallDisk({ bytes: 8 * 1024 * 1024 });
afterAll(() => disk?.[Symbol.dispose]());

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

describe.skipIf(disk === undefined)('a run on a disk that fills up (needs root, to mount a small one)', () => {
  it('ends with STORAGE_FULL, and goes on where it stopped once there is space', async () => {
    using world = new World();
    const root = join(disk?.folder ?? '', 'runs');
    const ballast = join(disk?.folder ?? '', 'ballast');
    const steps = Array.from({ length: 20 }, (_, index): ExampleStep => {
      const outputs = { text: `${index}`.padEnd(40_000, 'x') };
      return { id: `s${index}`, with: { outputs }, retry: { on: ['lost'] } };
    });
    const first = engineOn(world, createFolderStore({ root }));
    const handle = await first.start(requestOf({ fill: { steps } }));
    writeFileSync(ballast, Buffer.alloc(freeBytes(root) - 400_000));
    await expect(handle.finished).rejects.toMatchObject({
      error: { code: 'STORAGE_FULL', remedy: expect.stringContaining('resume') },
    });
    const done = world.seen.executions.length;
    expect(done).toBeGreaterThan(2);
    expect(done).toBeLessThan(20);
    await first[Symbol.asyncDispose]();

    rmSync(ballast);
    await using engine = engineOn(world, createFolderStore({ root }));
    const { summary } = await follow(await engine.resume(handle.run, {}));
    expect(summary.status).toBe('success');
    expect(summary.jobs['fill']?.steps['s19']?.outputs).toEqual({ text: '19'.padEnd(40_000, 'x') });
    // At most the step whose result could not be written ran twice.
    expect(world.seen.executions.length).toBeLessThanOrEqual(21);
  });
});
