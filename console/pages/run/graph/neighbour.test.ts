import { expect, it } from 'vitest';
import { neighbour } from './neighbour.ts';

/** Two columns, of which the second has one node more, and nothing stands just beside another. */
const [one, two, three, four, five] = [
  { left: 0, top: 10 },
  { left: 0, top: 80 },
  { left: 276, top: 0 },
  { left: 276, top: 66 },
  { left: 276, top: 132 },
];
const all = [one, two, three, four, five];

it('leads to the nearest node in the direction of a key', () => {
  expect(neighbour('ArrowRight', one, all)).toBe(three);
  expect(neighbour('ArrowRight', two, all)).toBe(four);
  expect(neighbour('ArrowLeft', five, all)).toBe(two);
  expect(neighbour('ArrowDown', three, all)).toBe(four);
  expect(neighbour('ArrowUp', five, all)).toBe(four);
});

it('leads nowhere beyond the last, and by other keys', () => {
  for (const key of ['ArrowUp', 'ArrowRight', 'x']) expect(neighbour(key, three, all)).toBeUndefined();
});

it('leads to the first and the last', () => {
  expect(neighbour('Home', four, all)).toBe(one);
  expect(neighbour('End', one, all)).toBe(five);
});
