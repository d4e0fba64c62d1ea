import { expect, it } from 'vitest';
import { takeTurns } from './turns.ts';

it('lets others have their turn once it has had its own', async () => {
  let time = 0;
  const turns = takeTurns(() => time);
  expect(turns.next()).toBeUndefined();
  time = 10;
  let others = 0;
  setImmediate(() => (others += 1));
  await turns.next();
  expect(others).toBe(1);
  expect(turns.next()).toBeUndefined();
  time = 25;
  expect(turns.next()).toBeInstanceOf(Promise);
});
