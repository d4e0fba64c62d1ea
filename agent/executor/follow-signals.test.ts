import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { followSignals } from './follow-signals.ts';

const two = () => [new AbortController(), new AbortController()] as const;

describe('followSignals', () => {
  it('is aborted with the first of its signals, for that reason', () => {
    const [first, second] = two();
    using following = followSignals([first.signal, second.signal]);
    expect(following.signal.aborted).toBe(false);
    second.abort('timeout');
    first.abort('cancelled');
    expect(following.signal.reason).toBe('timeout');
  });

  it('is aborted at once where one of them is already', () => {
    const [first, second] = two();
    second.abort('cancelled');
    using following = followSignals([first.signal, second.signal]);
    expect(following.signal.reason).toBe('cancelled');
  });

  it('can be aborted by its owner, which the others do not notice', () => {
    const [first] = two();
    using following = followSignals([first.signal]);
    following.abort('over');
    expect(following.signal.reason).toBe('over');
    expect(first.signal.aborted).toBe(false);
  });

  it('leaves nothing behind once it is let go', () => {
    const [first, second] = two();
    const following = followSignals([first.signal, second.signal]);
    following[Symbol.dispose]();
    expect([first, second].flatMap(({ signal }) => getEventListeners(signal, 'abort'))).toEqual([]);
    first.abort('cancelled');
    expect(following.signal.aborted).toBe(false);
  });
});
