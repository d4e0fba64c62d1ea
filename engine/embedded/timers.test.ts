import { describe, expect, it } from 'vitest';
import { ManualClock } from '../contract/manual-clock.ts';
import { Timers } from './timers.ts';

const day = 24 * 60 * 60 * 1000;

describe('timers', () => {
  it('fire at their due time, in order, however far away', () => {
    const clock = new ManualClock(1_000);
    const timers = new Timers(clock);
    const fired: string[] = [];
    for (const [name, due] of [
      ['year', 365 * day],
      ['second', 2_000],
      ['overdue', 10],
    ] as const) {
      timers.start(name, due, () => fired.push(`${name} at ${clock.now()}`));
    }
    while (clock.advanceToNext());
    expect(fired).toEqual(['overdue at 1000', 'second at 2000', `year at ${365 * day}`]);
    expect(clock.longestWait).toBeLessThan(2 ** 31);
  });

  it('wait on when the clock was set back', () => {
    const clock = new ManualClock(1_000);
    const timers = new Timers(clock);
    let firedAt: number | undefined;
    timers.start('a', 1_500, () => {
      firedAt = clock.now();
    });
    clock.setBack(400);
    while (clock.advanceToNext());
    expect(firedAt).toBe(1_500);
  });

  it('fire soon after a machine was suspended past their due time', () => {
    const clock = new ManualClock(0);
    const timers = new Timers(clock);
    let firedAt: number | undefined;
    timers.start('a', day, () => {
      firedAt = clock.now();
    });
    clock.suspend(2 * day);
    while (clock.advanceToNext());
    expect(firedAt).toBe(2 * day + 60_000);
  });

  it('do not fire once withdrawn', () => {
    const clock = new ManualClock(0);
    const timers = new Timers(clock);
    const fired: string[] = [];
    for (const name of ['a', 'b', 'c']) timers.start(name, 10, () => fired.push(name));
    timers.start('a', 5, () => fired.push('a again'));
    timers.cancel('b');
    timers.cancel('never started');
    clock.advanceToNext();
    expect(fired).toEqual(['a']);
    timers[Symbol.dispose]();
    expect(clock.advanceToNext()).toBe(false);
  });
});
