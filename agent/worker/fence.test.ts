import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFence } from './fence.ts';

describe('the fence of a step', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const now = (): number => Date.now();

  it('lets a step go on while Temporal answers', async () => {
    using fence = createFence({ beat: async () => 'heard', lostAfterMs: 6000, now });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(fence.lost.aborted).toBe(false);
  });

  it('ends it a while before Temporal gives it up, counted from when the last answered message was sent', async () => {
    let reached = true;
    let sent = 0;
    const beat = async (): Promise<'heard'> => {
      if (!reached) throw new Error('not reached');
      sent = Date.now();
      return 'heard';
    };
    using fence = createFence({ beat, lostAfterMs: 120_000, now });
    await vi.advanceTimersByTimeAsync(300_000);
    reached = false;
    await vi.advanceTimersByTimeAsync(sent + 109_000 - Date.now());
    expect(fence.lost.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(sent + 111_000 - Date.now());
    expect(fence.lost.aborted).toBe(true);
  });

  it('does not count an answer for the time when it came', async () => {
    const beat = async (): Promise<'heard'> => {
      await new Promise((resolve) => setTimeout(resolve, 5500));
      return 'heard';
    };
    using fence = createFence({ beat, lostAfterMs: 6000, now });
    await vi.advanceTimersByTimeAsync(5000);
    expect(fence.lost.aborted).toBe(true);
  });

  it('ends it at once where Temporal has given it up', async () => {
    using fence = createFence({ beat: async () => 'gone', lostAfterMs: 120_000, now });
    await vi.advanceTimersByTimeAsync(1000);
    expect(fence.lost.aborted).toBe(true);
  });
});
