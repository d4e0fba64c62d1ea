import * as fc from 'fast-check';

import { hasCrossedGroups } from './crossed-groups.ts';
import type { JobSketch, WorkflowSketch } from './plans.ts';

/** A part that one sketch in so many has. */
function oneIn(many: number, part: fc.Arbitrary<Partial<JobSketch>>): fc.Arbitrary<Partial<JobSketch>> {
  return fc.oneof({ weight: many - 1, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: part });
}

function together(...parts: readonly fc.Arbitrary<Partial<JobSketch>>[]): fc.Arbitrary<JobSketch> {
  return fc.tuple(...parts).map((drawn) => drawn.reduce((sketch, part) => ({ ...sketch, ...part }), {}));
}

const condition = oneIn(
  4,
  fc.record({ if: fc.constantFrom('always()', 'failure()', 'cancelled()', '!cancelled()', 'false', "fromJSON('{')") }),
);

const group = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('g', 'G', 'h', 'i') },
  { weight: 4, arbitrary: fc.record({ group: fc.constantFrom('g', 'h', 'i'), cancel: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant('${{ inputs.none }}') },
);

const concurrency = oneIn(4, fc.record({ concurrency: group }));

const approvers = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom([], ['ann']) },
  { weight: 1, arbitrary: fc.constant(5) },
);

const environment = oneIn(
  5,
  fc.record({
    environment: fc.record(
      { name: fc.constantFrom('live', 'test'), approvers, timeout: fc.constant(60_000) },
      { requiredKeys: ['name'] },
    ),
  }),
);

const cells = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom({ n: [1] }, { n: [1, 2, 3] }) },
  { weight: 1, arbitrary: fc.constant({ n: [] }) },
);

const strategy = fc.record(
  { matrix: cells, failFast: fc.boolean(), maxParallel: fc.integer({ min: 1, max: 3 }) },
  { requiredKeys: ['matrix'] },
);

const fleet = fc.record(
  {
    hosts: fc.constantFrom('all', 2, '50%'),
    batch: fc.constantFrom(1, 2, '50%'),
    failures: fc.constantFrom(0, 1, '50%', '100%'),
    canary: fc.constantFrom(0, 1, 2),
  },
  { requiredKeys: [] },
);

const plain = together(condition, concurrency, environment);
const matrix = together(condition, concurrency, environment, fc.record({ strategy }));
const hosts = together(condition, concurrency, environment, fc.record({ fleet }));

function call(workflows: readonly string[]): fc.Arbitrary<JobSketch> {
  const calls = fc.record({ calls: fc.constantFrom(...workflows) });
  return together(condition, concurrency, oneIn(3, fc.record({ strategy })), calls);
}

/** Jobs each of which may need those before it, in any order in the file. */
function jobsOf(job: fc.Arbitrary<JobSketch>, most: number): fc.Arbitrary<WorkflowSketch['jobs']> {
  return fc
    .array(fc.tuple(job, fc.array(fc.nat(most - 1), { maxLength: 4 })), { minLength: 1, maxLength: most, size: 'max' })
    .chain((drawn) => {
      const named = drawn.map(([sketch, picks], index): readonly [string, JobSketch] => {
        const needs = [...new Set(picks.filter((pick) => pick < index).map((pick) => `j${pick}`))];
        return [`j${index}`, { ...sketch, needs }];
      });
      return fc.shuffledSubarray(named, { minLength: named.length });
    })
    .map((jobs) => Object.fromEntries(jobs));
}

const simple = fc.oneof({ weight: 3, arbitrary: plain }, matrix, hosts);

function workflowOf(job: fc.Arbitrary<JobSketch>, most: number): fc.Arbitrary<WorkflowSketch> {
  return fc
    .record({
      concurrency: concurrency.map((part) => ('concurrency' in part ? { concurrency: part.concurrency } : {})),
      outputs: fc.constantFrom({}, { x: '${{ jobs.j0.result }}' }),
      jobs: jobsOf(job, most),
    })
    .map(({ concurrency, ...workflow }) => ({ ...concurrency, ...workflow }));
}

/** Workflows with groups, fleets, environments and two levels of calls. All of them can end. */
export const runWorkflows: fc.Arbitrary<WorkflowSketch> = fc
  .record({
    root: workflowOf(fc.oneof({ weight: 3, arbitrary: simple }, { weight: 2, arbitrary: call(['a.yml', 'b.yml']) }), 5),
    a: workflowOf(fc.oneof({ weight: 2, arbitrary: simple }, call(['b.yml'])), 3),
    b: workflowOf(simple, 3),
  })
  .map(({ root, a, b }) => ({ ...root, workflows: { 'a.yml': a, 'b.yml': b } }))
  .filter((workflow) => !hasCrossedGroups(workflow));
