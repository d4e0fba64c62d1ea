import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { liveIn } from '../testing/living.ts';
import { planOf } from '../testing/plans.ts';
import { jobTransition, startJob } from './machine.ts';
import { jobs } from './testing/sketches.ts';
import { JobWorld, type Take } from './testing/world.ts';

const draws = fc.noBias(fc.array(fc.nat(999), { maxLength: 500, size: 'max' }));

function takeFrom(numbers: readonly number[]): Take {
  let next = 0;
  return (options) => {
    const number = numbers[next] ?? 0;
    next += 1;
    return number % Math.max(1, options);
  };
}

/** Lets every sort of job live in every sort of world. */
function inEveryWorld(check: (world: JobWorld) => void): void {
  fc.assert(
    fc.property(fc.noBias(jobs), draws, (job, drawn) =>
      liveIn(new JobWorld(planOf({ jobs: { job } }), takeFrom(drawn)), job, check),
    ),
    { numRuns: 400 },
  );
}

describe('any job whose steps hold steps, in any world', () => {
  it('ends each time, with nothing outstanding, with each step that began over once, in order', () => {
    inEveryWorld(({ state, wasCancelled, steps }) => {
      if (state.state !== 'ended') throw new Error('it has not ended');
      const { status, error } = state.result;
      const failed = steps.some((one) => one === 'failure' || one === 'cancelled');
      // Without a failed step, its outputs or its time may have failed it.
      const possible = wasCancelled ? ['cancelled'] : failed ? ['failure'] : ['success', 'failure'];
      expect(possible).toContain(status);
      expect(error === undefined).toBe(status === 'success');
    });
  });

  it('comes to the same state when its events are told again', () => {
    inEveryWorld(({ plan, state, delivered }) => {
      const first = delivered[0];
      if (first?.type !== 'job_started') throw new Error('it was not started');
      const again = delivered.reduce(
        (now, event) => jobTransition(plan, now, event).state,
        startJob(plan, first.start),
      );
      expect(JSON.stringify(again)).toBe(JSON.stringify(state));
    });
  });
});
