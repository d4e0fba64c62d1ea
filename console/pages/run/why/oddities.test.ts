import { expect, it } from 'vitest';
import type { RunJob, RunStep } from '../../../api/types.ts';
import { odditiesOf } from './oddities.ts';

const calls = { allowed: 0, denied: 0 };
const step = (more: Partial<RunStep>): RunStep => ({
  index: 0,
  name: 's',
  uses: 'run@v1',
  status: 'success',
  attempts: 1,
  outputs: {},
  host_calls: calls,
  ...more,
});
const job = (more: Partial<RunJob>): RunJob => ({
  index: 0,
  name: 'j',
  id: 'j',
  needs: [],
  status: 'success',
  attempts: 1,
  outputs: {},
  steps: {},
  ...more,
});

it('a run that went straight on has none', () => {
  expect(odditiesOf({ jobs: { a: job({ steps: { s: step({}) } }) } })).toEqual({
    retried: 0,
    skipped: 0,
    tolerated: 0,
  });
});

it('counts what was tried again, skipped, and let go on, a skipped job as one', () => {
  const jobs = {
    a: job({
      attempts: 2,
      steps: {
        tried: step({ attempts: 3 }),
        skipped: step({ status: 'skipped', outcome: 'skipped', attempts: 0 }),
        may: step({ outcome: 'failure', conclusion: 'success' }),
      },
    }),
    b: job({ status: 'skipped', attempts: 0, steps: { s: step({ status: 'skipped', attempts: 0 }) } }),
  };
  expect(odditiesOf({ jobs })).toEqual({ retried: 2, skipped: 2, tolerated: 1 });
});
