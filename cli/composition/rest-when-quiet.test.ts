import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventLoopUse, restWhenQuiet } from './rest-when-quiet.ts';

/** A process of which each minute is told how busy it was; after a rest it is asked once more. */
function minutes() {
  let action = (): void => {};
  let busy = 0;
  let rests = 0;
  const use = {
    busy: () => busy,
    eachMinute: (each: () => void) => {
      action = each;
      return { [Symbol.dispose]: () => void (action = () => {}) };
    },
  };
  const watching = restWhenQuiet(use, () => void (rests += 1));
  const pass = (...parts: readonly number[]): number => {
    for (const part of parts) {
      busy = part;
      action();
    }
    return rests;
  };
  return { pass, watching };
}

describe('a process that has nothing to do', () => {
  it('rests after a quiet minute, and once', () => {
    const { pass } = minutes();
    expect(pass(0.5, 0.3)).toBe(0);
    expect(pass(0.001, 0, 0.002)).toBe(1);
  });

  it('rests again only after it had something to do', () => {
    const { pass } = minutes();
    expect(pass(0, 0.2, 0)).toBe(2);
  });

  it('does not rest once it is disposed of', () => {
    const { pass, watching } = minutes();
    watching[Symbol.dispose]();
    expect(pass(0, 0)).toBe(0);
  });
});

it('tells that the event loop was busy', async () => {
  const use = eventLoopUse();
  await nextTurn();
  const until = performance.now() + 5;
  while (performance.now() < until);
  await nextTurn();
  expect(use.busy()).toBeGreaterThan(0);
});
