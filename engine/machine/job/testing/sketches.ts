import * as fc from 'fast-check';

import type { Json } from '../../../../schemas/index.ts';
import type { JobSketch, RetrySketch, StepSketch } from '../../testing/plans.ts';

const conditions = [
  'always()',
  'failure()',
  'cancelled()',
  '!cancelled()',
  'false',
  "fromJSON('{')",
  "hashFiles('lock') != ''",
  "always() && hashFiles('lock')",
  "runner.os == 'Linux'",
  "job.status == 'success'",
] as const;

const retry: fc.Arbitrary<RetrySketch> = fc.record(
  { attempts: fc.integer({ min: 1, max: 3 }), on: fc.subarray(['failure', 'timeout', 'lost'] as const) },
  { requiredKeys: ['attempts'] },
);

const common = {
  if: fc.constantFrom(...conditions, ...conditions.map(() => 'true')),
  goesOn: fc.boolean(),
  timeout: fc.constantFrom(1, 5, 600),
  name: fc.constantFrom('on ${{ runner.os }}', 'of ${{ job.attempt }}'),
};

const plugin: fc.Arbitrary<StepSketch> = fc.record(
  { ...common, retry, with: fc.constant({ seen: '${{ toJSON(steps) }}' }) },
  { requiredKeys: [] },
);

const sleep: fc.Arbitrary<StepSketch> = fc.record(
  {
    ...common,
    retry,
    uses: fc.constant('sleep@v1'),
    with: fc.record({ duration: fc.constantFrom('1s', '2h', 'soon') }),
  },
  { requiredKeys: ['uses', 'with'] },
);

const approval: fc.Arbitrary<StepSketch> = fc.record(
  {
    ...common,
    uses: fc.constant('approval@v1'),
    with: fc.record(
      { approvers: fc.constantFrom('alice', ['alice', 'bob'], []), timeout: fc.constantFrom('1h', 'soon') },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['uses', 'with'] },
);

const waitFor: fc.Arbitrary<StepSketch> = fc.record(
  {
    ...common,
    uses: fc.constant('wait-for@v1'),
    with: fc.record(
      {
        signal: fc.constantFrom('go', 'go-${{ each.index }}', 'go there'),
        schema: fc.constant({ type: 'object' }),
        timeout: fc.constantFrom('1m', '1h'),
      },
      { requiredKeys: ['signal'] },
    ),
  },
  { requiredKeys: ['uses', 'with'] },
);

const items = fc.constantFrom<Json[]>(['a', 'b', 'c'], [1], [], '${{ fromJSON(inputs.items) }}', '${{ 1 }}');

/** Steps of any sort, those with bodies within one another. */
const { steps: anySteps } = fc.letrec<{ steps: StepSketch[]; step: StepSketch; branch: StepSketch; loop: StepSketch }>(
  (tie) => ({
    steps: fc.array(tie('step'), { maxLength: 3, size: 'max', depthIdentifier: 'steps' }),
    step: fc.oneof(
      { depthSize: 'medium', depthIdentifier: 'steps', maxDepth: 4 },
      { weight: 5, arbitrary: plugin },
      { weight: 1, arbitrary: sleep },
      { weight: 1, arbitrary: approval },
      { weight: 1, arbitrary: waitFor },
      { weight: 2, arbitrary: tie('branch') },
      { weight: 3, arbitrary: tie('loop') },
    ),
    branch: fc.record(
      {
        ...common,
        condition: fc.constantFrom('true', 'true', 'true', 'false', 'failure()', "hashFiles('x')", "fromJSON('{')"),
        then: tie('steps'),
        else: tie('steps'),
        outputs: fc.constant({ all: '${{ toJSON(steps) }}' }),
      },
      { requiredKeys: ['condition'] },
    ),
    loop: fc.record(
      {
        ...common,
        items,
        steps: tie('steps'),
        concurrency: fc.constantFrom(1, 2, 3),
        failFast: fc.boolean(),
        outputs: fc.constantFrom({ at: '${{ each.index }}' }, { bad: "${{ fromJSON(format('{0}', each.value)) }}" }),
      },
      { requiredKeys: ['items', 'steps'] },
    ),
  }),
);

/** Jobs whose steps hold steps. Each step has an id of its own. */
export const jobs: fc.Arbitrary<JobSketch> = fc
  .record(
    {
      steps: anySteps.filter((steps) => steps.length > 0),
      retry,
      timeout: fc.constantFrom(1, 30, 360),
      keepWorkspace: fc.boolean(),
      queueTimeout: fc.constantFrom(1000, 86_400_000),
      outputs: fc.constantFrom({ all: '${{ toJSON(steps) }}' }, { bad: "${{ fromJSON('{') }}" }),
    },
    { requiredKeys: ['steps'] },
  )
  .map((job) => ({ ...job, steps: named(job.steps) }));

function named(sketches: readonly StepSketch[], prefix = 's'): readonly StepSketch[] {
  return sketches.map((sketch, index) => {
    const id = `${prefix}${index}`;
    return {
      ...sketch,
      id,
      ...(sketch.then === undefined ? {} : { then: named(sketch.then, `${id}t`) }),
      ...(sketch.else === undefined ? {} : { else: named(sketch.else, `${id}e`) }),
      ...(sketch.steps === undefined ? {} : { steps: named(sketch.steps, `${id}b`) }),
    };
  });
}
