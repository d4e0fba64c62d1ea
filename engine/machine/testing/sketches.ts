import * as fc from 'fast-check';

import type { JobSketch, RetrySketch, StepSketch, WorkflowSketch } from './plans.ts';

const conditions = [
  'always()',
  'failure()',
  'cancelled()',
  '!cancelled()',
  'success() || failure()',
  'false',
  "fromJSON('{')",
] as const;
const stepConditions = [
  ...conditions,
  "hashFiles('lock') != ''",
  "always() && hashFiles('lock')",
  "runner.os == 'Linux'",
  "steps.s0.outcome == 'failure'",
  'steps.s0.outputs.x > 0',
] as const;

const retry: fc.Arbitrary<RetrySketch> = fc.record(
  { attempts: fc.integer({ min: 1, max: 3 }), on: fc.subarray(['failure', 'timeout', 'lost'] as const) },
  { requiredKeys: ['attempts'] },
);

const step: fc.Arbitrary<StepSketch> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      {
        if: fc.constantFrom(...stepConditions),
        retry,
        goesOn: fc.boolean(),
        timeout: fc.constantFrom(1, 600),
        name: fc.constantFrom('on ${{ runner.os }}', '${{ steps.s0.outputs.x }}'),
      },
      { requiredKeys: [] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        uses: fc.constant('sleep@v1'),
        with: fc.record({ duration: fc.constantFrom('1s', '2h', 'soon') }),
        if: fc.constantFrom(...stepConditions),
        retry,
        goesOn: fc.boolean(),
        timeout: fc.constant(1),
      },
      { requiredKeys: ['uses', 'with'] },
    ),
  },
);

const strategy = fc.record(
  {
    matrix: fc.record(
      { os: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), n: fc.constantFrom([1], [1, 2], []) },
      { requiredKeys: ['os'] },
    ),
    exclude: fc.constantFrom([], [{ os: 'a' }]),
    include: fc.constantFrom([], [{ os: 'z' }], [{ extra: true }]),
    failFast: fc.boolean(),
    maxParallel: fc.integer({ min: 1, max: 3 }),
  },
  { requiredKeys: ['matrix'] },
);

const job = fc.record(
  {
    if: fc.constantFrom(...conditions),
    retry,
    strategy,
    timeout: fc.constantFrom(1, 30, 360),
    env: fc.constant({ A: '${{ needs.j0.outputs.x }}' }),
    outputs: fc.constantFrom({ x: '${{ steps.s0.outputs.x }}' }, { x: "${{ fromJSON('{') }}" }),
    steps: fc
      .array(step, { maxLength: 4 })
      .map((steps) => steps.map((sketch, index) => ({ ...sketch, id: `s${index}` }))),
  },
  { requiredKeys: ['steps'] },
);

/** Workflows of up to six jobs, each needing some of those before it in any order in the file. */
export const workflows: fc.Arbitrary<WorkflowSketch> = fc
  .array(fc.tuple(job, fc.array(fc.nat(5), { maxLength: 2 })), { minLength: 1, maxLength: 6 })
  .chain((drawn) => {
    const named = drawn.map(([sketch, picks], index): readonly [string, JobSketch] => {
      const needs = [...new Set(picks.filter((pick) => pick < index).map((pick) => `j${pick}`))];
      return [`j${index}`, { ...sketch, needs }];
    });
    return fc.shuffledSubarray(named, { minLength: named.length }).map((jobs) => ({ jobs: Object.fromEntries(jobs) }));
  });
