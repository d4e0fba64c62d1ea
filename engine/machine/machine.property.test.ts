import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { jobViews } from './index.ts';
import { checkReplay } from './testing/checks.ts';
import { liveIn } from './testing/living.ts';
import { planOf } from './testing/plans.ts';
import { workflows } from './testing/sketches.ts';
import { Choices, World } from './testing/world.ts';

const choices = fc.array(fc.nat(999), { maxLength: 400, size: 'max' });

/** Lets every sort of workflow live in every sort of world. */
function inEveryWorld(check: (world: World) => void): void {
  fc.assert(
    fc.property(workflows, choices, (workflow, chosen) =>
      liveIn(new World(planOf(workflow), new Choices(chosen)), workflow, check),
    ),
    { numRuns: 200 },
  );
}

function endOf({ plan, run }: World) {
  const jobs = jobViews(plan, run).map(({ status }) => status);
  return { status: run.state === 'ended' ? run.status : 'none', jobs };
}

describe('any workflow in any world', () => {
  it('ends with nothing outstanding, after needs were kept, with each step over at most once', () => {
    inEveryWorld((world) => {
      expect([...world.jobs.keys()].flatMap((job) => world.ledger.ofJob(job))).toEqual([]);
      expect(world.ledger.ofRun().map(({ type }) => type)).toEqual(['finish_run']);
      expect(jobViews(world.plan, world.run).filter(({ ended_at }) => ended_at === undefined)).toEqual([]);
    });
  });

  it('comes to the same states when its events are told again', () => {
    inEveryWorld((world) => {
      expect(() => checkReplay(world, world.delivered)).not.toThrow();
    });
  });

  it('ends cancelled if it was cancelled, else failed if a job failed', () => {
    inEveryWorld((world) => {
      const { status, jobs } = endOf(world);
      const failed = jobs.includes('failure');
      const other = jobs.includes('cancelled') ? 'cancelled' : 'success';
      expect(status).toBe(world.wasCancelled ? 'cancelled' : failed ? 'failure' : other);
    });
  });
});
