import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { jobViews } from './index.ts';
import { planOf, type WorkflowSketch } from './testing/plans.ts';
import { workflows } from './testing/sketches.ts';
import { Choices, World } from './testing/world.ts';

/** Lets every sort of workflow live in every sort of world; a counterexample comes with its story. */
function inEveryWorld(check: (world: World) => void): void {
  fc.assert(
    fc.property(
      workflows,
      fc.array(fc.nat(999), { maxLength: 400, size: 'max' }),
      (workflow: WorkflowSketch, choices) => {
        const world = new World(planOf(workflow), new Choices(choices));
        try {
          world.live();
          check(world);
        } catch (error) {
          const told = `${JSON.stringify(workflow, null, 1)}\n${world.story()}`;
          throw new Error(`${error instanceof Error ? error.message : String(error)}\n\n${told}`, { cause: error });
        }
      },
    ),
    { numRuns: 200 },
  );
}

describe('any workflow in any world', () => {
  it('ends with nothing outstanding, after needs were kept, with each step over at most once', () => {
    inEveryWorld((world) => {
      expect(world.left).toEqual([]);
      expect(jobViews(world.plan, world.run).filter(({ ended_at }) => ended_at === undefined)).toEqual([]);
    });
  });

  it('comes to the same states when its events are told again', () => {
    inEveryWorld((world) => world.checkReplay());
  });

  it('ends cancelled if it was cancelled, and failed if a job failed', () => {
    inEveryWorld((world) => {
      const statuses = jobViews(world.plan, world.run).map(({ status }) => status);
      const status = world.run.state === 'ended' ? world.run.status : 'none';
      if (world.cancelledAt !== undefined) expect(status).toBe('cancelled');
      else expect(status === 'failure').toBe(statuses.includes('failure'));
    });
  });
});
