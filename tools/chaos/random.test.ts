import { expect, it } from 'vitest';
import { drawKills } from './kills.ts';
import { randomFrom } from './random.ts';

const options = { kinds: ['server', 'agent'], events: 100, most: 5 } as const;

it('draws the same points again from the same seed, in the order in which they come', () => {
  const points = drawKills(randomFrom(7), options);
  expect(drawKills(randomFrom(7), options)).toEqual(points);
  expect(points).toEqual(points.toSorted((one, other) => one.afterEvents - other.afterEvents));
});

it('draws no more points than are wanted, each within the run', () => {
  const random = randomFrom(1);
  for (let round = 0; round < 100; round += 1) {
    const points = drawKills(random, { ...options, most: 2 });
    expect([1, 2]).toContain(points.length);
    for (const { afterEvents } of points) expect(afterEvents > 0 && afterEvents < 100).toBe(true);
  }
});
