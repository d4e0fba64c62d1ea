import { expect, it, vi } from 'vitest';
import { openAuthParts } from './auth/testing/auth-parts.ts';
import { keepBlobs } from './blob-retention.ts';

const hour = 3_600_000;

it('removes old blobs at once and every hour, also after it could not, until it is ended', async () => {
  await using parts = await openAuthParts();
  const { clock } = parts;
  const start = clock.now();
  const asked: number[] = [];
  const keeping = keepBlobs({
    removePutBefore: async (at) => {
      asked.push(at);
      if (asked.length === 2) throw new Error('EIO');
      return 1;
    },
    oldestRun: async () => undefined,
    keepMs: 24 * hour,
    clock,
    log: parts.log,
  });
  for (let hours = 1; hours <= 2; hours += 1) {
    await vi.waitFor(() => {
      clock.advance(0);
      expect(asked).toHaveLength(hours);
    });
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(hour);
  }
  await vi.waitFor(() => expect(asked).toEqual([0, 1, 2].map((hours) => start + (hours - 24) * hour)));
  await new Promise((resolve) => setImmediate(resolve));
  keeping[Symbol.dispose]();
  clock.advance(10 * hour);
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toHaveLength(3);
});

it('keeps blobs as long as a run is there that was made before them', async () => {
  await using parts = await openAuthParts();
  const { clock } = parts;
  const made = clock.now() - 100 * hour;
  const asked: number[] = [];
  using _keeping = keepBlobs({
    removePutBefore: async (at) => asked.push(at),
    oldestRun: async () => made,
    keepMs: 24 * hour,
    clock,
    log: parts.log,
  });
  await vi.waitFor(() => expect(asked).toEqual([made]));
});
