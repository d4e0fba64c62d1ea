import { setTimeout as sleep } from 'node:timers/promises';
import type { TestClock } from '../../contract/world.ts';
import { scaledTime, timeScale } from './scaled-time.ts';

/** For tests: the time of everything outside of workflows, as fast as theirs. */
export const scaledClock: TestClock = {
  now: () => scaledTime(Date.now()),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.ceil(ms / timeScale));
    return () => clearTimeout(timer);
  },
  pass: async (ms) => {
    await sleep(Math.ceil(ms / timeScale));
  },
  stop() {},
};
