import { expect, test } from 'vitest';
import { FairQueue } from './fair-queue.ts';

test('owners take turns, and each has its own in order', () => {
  const queue = new FairQueue<string>();
  for (const item of ['a1', 'a2', 'a3']) queue.add('a', item);
  queue.add('b', 'b1');
  expect([queue.size, queue.sizeOf('a'), queue.sizeOf('b'), queue.sizeOf('c')]).toEqual([4, 3, 1, 0]);
  expect(queue.take()).toBe('a1');
  queue.add('c', 'c1');
  queue.add('b', 'b2');
  expect(Array.from({ length: 6 }, () => queue.take())).toEqual(['b1', 'a2', 'c1', 'b2', 'a3', undefined]);
  expect(queue.size).toBe(0);
});
