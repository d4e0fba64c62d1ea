import { expect, test } from 'vitest';
import { FairShares } from './fair-shares.ts';

function takeAll(shares: FairShares, holder: string): Disposable[] {
  const places: Disposable[] = [];
  for (let place = shares.take(holder); place !== undefined; place = shares.take(holder)) places.push(place);
  return places;
}

test('one who takes all that it gets leaves some to others', () => {
  const shares = new FairShares(1000, { greed: 9 });
  expect(takeAll(shares, 'greedy')).toHaveLength(900);
  expect(takeAll(shares, 'second').length).toBeGreaterThan(80);
  expect(shares.take('modest')).toBeDefined();
});

test('a place that was given back is free, once', () => {
  const shares = new FairShares(2, { greed: 9 });
  const [first] = takeAll(shares, 'one');
  expect(shares.take('other')).toBeUndefined();
  first?.[Symbol.dispose]();
  first?.[Symbol.dispose]();
  expect(shares.take('other')).toBeDefined();
  expect(shares.take('another')).toBeUndefined();
});

test('where there is one place, whoever comes first has it', () => {
  const shares = new FairShares(1, { greed: 1 });
  expect(shares.take('one')).toBeDefined();
  expect(shares.take('other')).toBeUndefined();
});
