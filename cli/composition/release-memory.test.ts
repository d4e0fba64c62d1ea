import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { releaseMemory } from './release-memory.ts';

it('gives back what nothing refers to any more, and leaves nobody a way to do so', async () => {
  const left = new WeakRef({ much: Array.from({ length: 1000 }, (_, index) => ({ index })) });
  // What was looked at is kept until the turn is over.
  await sleep(1);
  releaseMemory();
  expect(left.deref()).toBeUndefined();
  expect(Object.hasOwn(globalThis, 'gc')).toBe(false);
});
