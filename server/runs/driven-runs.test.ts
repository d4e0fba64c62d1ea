import { expect, test } from 'vitest';
import type { RunId } from '../../schemas/index.ts';
import { type DrivenRun, DrivenRuns } from './driven-runs.ts';

const settled = Promise.resolve();

/** Begins runs of a tenant until there is no room. */
function beginAll(runs: DrivenRuns, tenant: string, status: DrivenRun['status']): number {
  let count = 0;
  for (; runs.hasRoom(tenant); count += 1) {
    // Any text is an id here.
    runs.add({ run: `${tenant}-${count}` as RunId, tenant, status, taken: settled, settled });
  }
  return count;
}

test.each(['running', 'waiting'] as const)('a tenant whose runs are all %s leaves room to others', (status) => {
  const runs = new DrivenRuns(100);
  expect(beginAll(runs, 'greedy', status)).toBe(status === 'running' ? 90 : 900);
  expect(runs.hasRoom('modest')).toBe(true);
  beginAll(runs, 'second', status);
  expect(runs.hasRoom('modest')).toBe(true);
});

test('where there is room for few, one tenant may have it all', () => {
  expect(beginAll(new DrivenRuns(1), 'one', 'running')).toBe(1);
  expect(beginAll(new DrivenRuns(4), 'one', 'running')).toBe(4);
});
