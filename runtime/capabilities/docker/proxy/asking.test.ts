import { expect, test } from 'vitest';
import { Asking } from './asking.ts';
import { Refusal } from './refusal.ts';

test.each([
  ['start', { image: 'Bad:Image:x' }, 'not an image'],
  ['pull', { image: 'a//b' }, 'not an image'],
  ['build', { tag: 'app:a b' }, 'not an image'],
  ['start', { image: 'alpine', workdir: 1 }, 'must be of type string'],
] as const)('asks no grant about %s with %j', (operation, args, why) => {
  const asked: unknown[] = [];
  const ask = (...call: unknown[]): never => {
    asked.push(call);
    throw new TypeError('it was asked');
  };
  const asking = new Asking({ implied: ask }, { line: 'POST /', record: ask });
  const refused = thrownBy(() => asking.require(operation, args));
  expect(refused).toBeInstanceOf(Refusal);
  expect(refused).toMatchObject({ status: 400, message: expect.stringContaining(why) });
  expect(asked).toEqual([]);
});

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (cause) {
    return cause;
  }
}
