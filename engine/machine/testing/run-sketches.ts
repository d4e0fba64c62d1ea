import * as fc from 'fast-check';

import type { JobSketch, WorkflowSketch } from './plans.ts';

const conditions = ['always()', 'failure()', 'cancelled()', '!cancelled()', 'false', "fromJSON('{')"] as const;

const group = fc.oneof(
  fc.constantFrom('g', 'G', 'h', '${{ inputs.none }}'),
  fc.record({ group: fc.constantFrom('g', 'h'), cancel: fc.boolean() }),
);

const environment = fc.record(
  { name: fc.constantFrom('live', 'test'), approvers: fc.constantFrom([], ['ann'], 5), timeout: fc.constant(60_000) },
  { requiredKeys: ['name'] },
);

const common = { if: fc.constantFrom(...conditions), concurrency: group, environment };

const plain: fc.Arbitrary<JobSketch> = fc.record(common, { requiredKeys: [] });

const strategy = fc.record(
  {
    matrix: fc.constantFrom({ n: [1] }, { n: [1, 2, 3] }, { n: [] }),
    failFast: fc.boolean(),
    maxParallel: fc.integer({ min: 1, max: 3 }),
  },
  { requiredKeys: ['matrix'] },
);

const matrix: fc.Arbitrary<JobSketch> = fc.record({ ...common, strategy }, { requiredKeys: ['strategy'] });

const fleet: fc.Arbitrary<JobSketch> = fc.record(
  {
    ...common,
    fleet: fc.record(
      {
        hosts: fc.constantFrom('all', 2, '50%'),
        batch: fc.constantFrom(1, 2, '50%'),
        failures: fc.constantFrom(0, 1, '50%', '100%'),
        canary: fc.constantFrom(0, 1, 2),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['fleet'] },
);

const call = (workflows: readonly string[]): fc.Arbitrary<JobSketch> =>
  fc.record(
    { if: common.if, concurrency: group, calls: fc.constantFrom(...workflows), strategy },
    { requiredKeys: ['calls'] },
  );

/** Jobs each of which may need those before it, in any order in the file. */
function jobsOf(job: fc.Arbitrary<JobSketch>, most: number): fc.Arbitrary<WorkflowSketch['jobs']> {
  return fc
    .array(fc.tuple(job, fc.array(fc.nat(most - 1), { maxLength: 2 })), { minLength: 1, maxLength: most })
    .chain((drawn) => {
      const named = drawn.map(([sketch, picks], index): readonly [string, JobSketch] => {
        const needs = [...new Set(picks.filter((pick) => pick < index).map((pick) => `j${pick}`))];
        return [`j${index}`, { ...sketch, needs }];
      });
      return fc.shuffledSubarray(named, { minLength: named.length });
    })
    .map((jobs) => Object.fromEntries(jobs));
}

const simple = fc.oneof({ weight: 3, arbitrary: plain }, matrix, fleet);

function workflowOf(job: fc.Arbitrary<JobSketch>, most: number): fc.Arbitrary<WorkflowSketch> {
  return fc.record(
    { concurrency: group, outputs: fc.constantFrom({}, { x: '${{ jobs.j0.result }}' }), jobs: jobsOf(job, most) },
    { requiredKeys: ['jobs'] },
  );
}

/** Workflows with groups, fleets, environments and two levels of calls. */
export const runWorkflows: fc.Arbitrary<WorkflowSketch> = fc
  .record({
    root: workflowOf(fc.oneof({ weight: 3, arbitrary: simple }, { weight: 2, arbitrary: call(['a.yml', 'b.yml']) }), 5),
    a: workflowOf(fc.oneof({ weight: 2, arbitrary: simple }, call(['b.yml'])), 3),
    b: workflowOf(simple, 3),
  })
  .map(({ root, a, b }) => ({ ...root, workflows: { 'a.yml': a, 'b.yml': b } }));
