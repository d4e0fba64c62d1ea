import { describe, expect, it } from 'vitest';
import { compile } from '../../dsl/index.ts';
import { testCatalogue } from '../../dsl/testing/catalogue.ts';
import { compileFiles } from '../../dsl/testing/workflows.ts';
import type { JobSummary, RunSummary, StepSummary } from '../../engine/port.ts';
import type { RunId, WaterflowError } from '../../schemas/index.ts';
import { failuresOf } from './failures.ts';

const source = `name: flow
jobs:
  build:
    steps:
      - id: loop
        uses: for-each@v1
        with:
          items: [a, b]
          steps:
            - { id: compile, run: make }
            - { id: test, run: make test }
      - { id: end, run: echo }
`;
const { plan } = compile(source, { file: 'flow.yml', catalogue: testCatalogue });

const run = 'run-00000000000000000000000000' as RunId; // Fits the pattern of parseRunId().
const exit: WaterflowError = { code: 'STEP_FAILED', message: 'exit code 7', remedy: 'Look.' };
const timeout: WaterflowError = { code: 'TIMEOUT', message: 'it took more than 1 minute', remedy: 'Give it longer.' };

const failed = (error: WaterflowError): StepSummary => ({
  status: 'failure',
  outcome: 'failure',
  conclusion: 'failure',
  attempts: 1,
  duration_ms: 5,
  outputs: {},
  host_calls: { allowed: 0, denied: 0 },
  error,
});

/** The keys of the failures that are told, with their lines. */
function told(steps: JobSummary['steps']): readonly unknown[] {
  if (plan === undefined) throw new Error('no plan');
  const job: JobSummary = { status: 'failure', attempts: 1, duration_ms: 5, outputs: {}, steps };
  const summary: RunSummary = {
    run,
    name: 'flow',
    attempt: 1,
    status: 'failure',
    duration_ms: 5,
    jobs: { build: job },
  };
  return failuresOf(summary, plan).map(({ step, at }) => [step, at?.line]);
}

describe('failures', () => {
  it('of steps inside of a step are told there, in order, and not at the step around as well', () => {
    const steps = { 'loop[1].test': failed(exit), loop: failed(exit), 'loop[0].compile': failed(exit) };
    expect(told(steps)).toEqual([
      ['loop[0].compile', 10],
      ['loop[1].test', 11],
    ]);
  });

  it('of the step around are told where it has a reason of its own', () => {
    expect(told({ 'loop[0].compile': failed(exit), loop: failed(timeout) })).toEqual([
      ['loop', 5],
      ['loop[0].compile', 10],
    ]);
  });

  it('of jobs in a called workflow are told there, and not at the call as well', () => {
    const { result } = compileFiles({
      'w.yml': 'jobs: { release: { uses: ./r.yml } }\n',
      'r.yml': 'on: workflow_call\njobs: { build: { steps: [{ run: make }] } }\n',
    });
    const job = { status: 'failure', attempts: 1, duration_ms: 5, outputs: {}, error: exit } as const;
    const ended = { run, name: 'w', attempt: 1, status: 'failure', duration_ms: 5 } as const;
    const placesOf = (jobs: RunSummary['jobs']) =>
      result.plan === undefined ? [] : failuresOf({ ...ended, jobs }, result.plan).map((one) => [one.job, one.step]);
    const inside = { ...job, steps: { 0: failed(exit) } };
    expect(placesOf({ release: { ...job, steps: {} }, 'release / build': inside })).toEqual([['release / build', '0']]);
    expect(placesOf({ release: { ...job, steps: {}, error: timeout }, 'release / build': inside })).toEqual([
      ['release', undefined],
      ['release / build', '0'],
    ]);
  });
});
