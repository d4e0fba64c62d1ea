import type { ExampleHead, ExampleStep, ExampleWorkflow } from '../../contract/plans.ts';

const retry = { attempts: 50, initialMs: 5, on: ['lost', 'failure'] } as const;

function chain(name: string): readonly ExampleStep[] {
  return [1, 2, 3, 4].map((number) => ({
    id: `${name}${number}`,
    with: { takes_ms: 5, log: `${name}${number}\n`, outputs: { number } },
    retry,
  }));
}

/** The workflow that the example calls. */
export const exampleHead: ExampleHead = {
  concurrency: { group: 'example ${{ tenant.id }}' },
  workflows: {
    'release.yml': {
      inputs: ['to'],
      jobs: {
        make: { steps: chain('m'), outputs: { last: '${{ steps.m4.outputs.number }} ${{ inputs.to }}' } },
        check: { needs: ['make'], environment: { name: '${{ inputs.to }}', approvers: ['ada'] }, steps: chain('c') },
      },
      outputs: { last: '${{ jobs.make.outputs.last }}' },
    },
  },
};

/**
 * Parallel jobs, retries, a matrix, a sleep, a failure, an always() job, a loop, a fleet, a called workflow, decisions of `ada`; every step
 * may be lost.
 */
export const exampleWorkflow: ExampleWorkflow = {
  left: { steps: [...chain('l'), { id: 'flaky', with: { fail_times: 1, takes_ms: 2 }, retry }] },
  right: { steps: chain('r'), outputs: { last: '${{ steps.r4.outputs.number }}' } },
  nap: { steps: [{ id: 'nap', uses: 'sleep@v1', with: { duration: '40ms' } }] },
  cells: {
    needs: ['right'],
    matrix: { part: ['a', 'b', 'c'] },
    steps: [
      {
        id: 'cell',
        with: { takes_ms: 5, outputs: { got: '${{ needs.right.outputs.last }}${{ matrix.part }}' } },
        retry,
      },
    ],
  },
  breaks: {
    needs: ['nap'],
    retry: { attempts: 2, initialMs: 5, on: ['failure'] },
    steps: [
      { id: 'look', with: { files: true }, retry },
      { id: 'make', with: { write: 'file' }, retry },
      { id: 'fails', with: { fail_times: 99 }, retry: { ...retry, on: ['lost'] } },
    ],
  },
  loops: {
    steps: [
      {
        id: 'loop',
        forEach: {
          items: Array.from({ length: 12 }, (_, index) => index),
          concurrency: 4,
          steps: [{ id: 'work', with: { takes_ms: 2, outputs: { n: '${{ each.value }}' } }, retry }],
          outputs: { numbers: '${{ steps.work.outputs.n }}' },
        },
      },
      { id: 'ok', uses: 'approval@v1', with: { approvers: ['ada'] } },
    ],
    outputs: { all: "${{ join(steps.loop.outputs.numbers, ',') }}" },
  },
  fleet: {
    fleet: { hosts: 'all', canary: 1, batch: '50%', max_failures: 0 },
    steps: [{ id: 'go', with: { takes_ms: 5 }, retry }],
  },
  release: { calls: { workflow: 'release.yml', with: { to: 'production' } } },
  last: {
    needs: ['left', 'cells', 'breaks', 'loops', 'fleet', 'release'],
    if: 'always()',
    steps: [{ id: 'tidy', retry }],
  },
};
