import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { jobViews, runTransition, startRun } from '../index.ts';
import { liveIn } from '../testing/living.ts';
import { planOf } from '../testing/plans.ts';
import { runWorkflows } from '../testing/run-sketches.ts';
import { RunWorld } from '../testing/run-world.ts';
import { Choices } from '../testing/world.ts';

const choices = fc.array(fc.nat(999), { maxLength: 400, size: 'max' });

/** Lets every sort of workflow live in every sort of world. */
function inEveryWorld(check: (world: RunWorld) => void): void {
  fc.assert(
    fc.property(runWorkflows, choices, (workflow, chosen) =>
      liveIn(new RunWorld(planOf(workflow), new Choices(chosen)), workflow, check),
    ),
    { numRuns: 300 },
  );
}

describe('any run in any world', () => {
  it('ends with every job and nothing outstanding, after groups, waves, needs and pauses were kept', () => {
    inEveryWorld(({ plan, run, ledger, groups }) => {
      expect(ledger.open.map(({ type }) => type)).toEqual(['finish_run']);
      expect(jobViews(plan, run).filter(({ ended_at }) => ended_at === undefined)).toEqual([]);
      const left = [...groups.values()].flatMap(({ holder, waiting }) => [...(holder ? [holder] : []), ...waiting]);
      expect(left.filter(({ member }) => !member.startsWith('stranger'))).toEqual([]);
    });
  });

  it('comes to the same state when its events are told again', () => {
    inEveryWorld(({ plan, run, delivered }) => {
      const again = delivered.reduce((state, event) => runTransition(plan, state, event).state, startRun());
      expect(JSON.stringify(again)).toBe(JSON.stringify(run));
    });
  });
});
