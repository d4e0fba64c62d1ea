import { expect, it } from 'vitest';
import type { Contestant } from './contestants/contestant.ts';
import { measureAll } from './measure.ts';
import { scenarios } from './scenarios.ts';

const bench = { scratch: '/nowhere', progress: () => {} };
const three = scenarios.filter(({ name }) => name === 'three-steps').map((one) => ({ ...one, rounds: 2, warmUps: 1 }));

/** Gives 1, 2, 3… as its samples, and tells what was asked of it. */
function counting(name: string, asked: string[], open: () => void = () => {}): Contestant {
  let count = 0;
  const sample = async (): Promise<number> => {
    asked.push(name);
    count += 1;
    return count;
  };
  return {
    name,
    open: async () => {
      open();
      return {
        version: '1',
        does: { 'three-steps': sample },
        [Symbol.asyncDispose]: async () => void asked.push(`${name} ends`),
      };
    },
  };
}

it('has all take turns, leaves out what comes before, and ends them', async () => {
  const asked: string[] = [];
  const { measured, contestants } = await measureAll([counting('one', asked), counting('two', asked)], {
    scenarios: three,
    bench,
  });
  expect(asked).toEqual(['one', 'two', 'one', 'two', 'one', 'two', 'two ends', 'one ends']);
  expect(measured.map(({ samples }) => samples)).toEqual([
    [2, 3],
    [2, 3],
  ]);
  expect(contestants).toEqual([
    { name: 'one', version: '1' },
    { name: 'two', version: '1' },
  ]);
});

it('tries a sample once more before it gives somebody up', async () => {
  let tries = 0;
  const shaky: Contestant = {
    name: 'shaky',
    open: async () => ({
      version: '1',
      does: { 'three-steps': async () => ((tries += 1) === 1 ? Promise.reject(new Error('not yet')) : tries) },
      [Symbol.asyncDispose]: async () => {},
    }),
  };
  const found = await measureAll([shaky], { scenarios: three, bench });
  expect(found.measured[0]?.samples).toEqual([3, 4]);
});

it('goes on without whoever cannot be had or fails, and says why', async () => {
  const asked: string[] = [];
  const gone = counting('gone', asked, () => {
    throw new Error('not installed\nat somewhere');
  });
  const failing: Contestant = {
    name: 'failing',
    open: async () => ({
      version: '2',
      does: { 'three-steps': () => Promise.reject(new Error('it broke')) },
      [Symbol.asyncDispose]: async () => {},
    }),
  };
  const found = await measureAll([gone, failing, counting('one', asked)], { scenarios: three, bench });
  expect(found.absent).toEqual([
    { contestant: 'gone', reason: 'not installed' },
    { contestant: 'failing', scenario: 'three-steps', reason: 'it broke' },
  ]);
  expect(found.measured.map(({ contestant }) => contestant)).toEqual(['one']);
});
