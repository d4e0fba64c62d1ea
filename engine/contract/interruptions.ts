import type { Json } from '../../schemas/index.ts';
import type { AwaitedSignal } from '../machine/index.ts';
import type { RerunRequest, RunHandle, RunNotice } from '../port.ts';
import type { ExampleHead, ExampleStep, ExampleWorkflow } from './plans.ts';

/** A run that a test interrupts wherever it can, and how it goes on meanwhile. */
export interface Interruption {
  readonly what: string;
  readonly workflow: ExampleWorkflow;
  readonly head?: ExampleHead;
  readonly hosts?: readonly string[];
  /** What somebody sends for what the run waits for. */
  readonly answer?: (awaited: AwaitedSignal) => Json;
  /** What somebody asks of the run when it says something. It is asked again after a resume, and refused where it doesn't fit. */
  readonly act?: (notice: RunNotice, handle: RunHandle) => void;
  /** A run of another process that wants the same concurrency group: from before this one starts, or once its process has died. */
  readonly rival?: { readonly since: 'start' | 'death'; readonly workflow: ExampleWorkflow };
  /** The interruption is not in the run's first attempt, which gets the input `fail: yes`, but in this second one. */
  readonly rerun?: RerunRequest['what'];
  /** The process dies after the first event, and after each so many more. */
  readonly every: number;
  /** So many events there are at least: a test that interrupts nothing would prove nothing. */
  readonly atLeast: number;
}

/** A retry that covers what an interruption does to a step. */
export const retryLost = { attempts: 100, on: ['lost', 'failure'] } as const;

/** Parallel jobs, a matrix, retries, a sleep, an evaluation on the agent, a job that starts over, a failure, a skip. */
export const everything: ExampleWorkflow = {
  prepare: {
    steps: [
      {
        id: 'make',
        with: { write: 'made', log: 'x\n', outputs: { n: 1 }, leaves: { variables: { A: '1' }, path: ['/a'] } },
        retry: retryLost,
      },
      { id: 'flaky', with: { fail_times: 1, outputs: { ok: true } }, retry: retryLost },
      { id: 'look', with: { files: true, environment: true }, retry: retryLost },
      { id: 'hash', if: "hashFiles('made') == 'made'", with: {}, retry: retryLost },
    ],
    outputs: { n: '${{ steps.make.outputs.n }}' },
  },
  wait: { steps: [{ id: 'nap', uses: 'sleep@v1', with: { duration: '5m' } }] },
  cells: {
    needs: ['prepare'],
    matrix: { part: ['a', 'b'] },
    steps: [
      {
        id: 'work',
        with: { takes_ms: 1000, outputs: { got: '${{ needs.prepare.outputs.n }}${{ matrix.part }}' } },
        retry: retryLost,
      },
    ],
  },
  again: {
    retry: { attempts: 2, initialMs: 10 },
    steps: [
      { id: 'breaks', with: { files: true, write: 'left', fail_times: 99 }, retry: { attempts: 100, on: ['lost'] } },
    ],
  },
  skipped: { needs: ['again'], steps: [{ id: 'a' }] },
  end: { needs: ['again', 'wait', 'cells'], if: 'always()', steps: [{ id: 'a', retry: retryLost }] },
};

function step(id: string, outputs: Readonly<Record<string, Json>> = {}): ExampleStep {
  return { id, with: { takes_ms: 10, outputs }, retry: retryLost };
}

/** Fails in the first attempt of the run. */
const failsAtFirst: ExampleStep = {
  id: 'maybe',
  with: { fail_times: "${{ inputs.fail == 'yes' && 999 || 0 }}", outputs: { got: '${{ inputs.fail }}' } },
  retry: { attempts: 100, on: ['lost'] },
};

const loop: ExampleStep = {
  id: 'loop',
  forEach: {
    items: Array.from({ length: 12 }, (_, index) => index),
    concurrency: 3,
    steps: [step('work', { n: '${{ each.value }}' }), step('more', { n: '${{ steps.work.outputs.n }}' })],
    outputs: { numbers: '${{ steps.more.outputs.n }}' },
  },
};

/** Each with something in it that a driver has to take up again. */
export const interruptions: readonly Interruption[] = [
  { what: 'jobs, cells and retries', workflow: everything, every: 1, atLeast: 40 },
  {
    what: 'a loop with a branch in it',
    workflow: {
      build: {
        steps: [
          loop,
          {
            id: 'gate',
            branch: {
              condition: 'steps.loop.outputs.numbers[3] == 3',
              // oxlint-disable-next-line unicorn/no-thenable -- the plan's own word for it
              then: [step('yes', { ok: true })],
              else: [step('no')],
              outputs: { ok: '${{ steps.yes.outputs.ok }}' },
            },
          },
        ],
        outputs: { all: "${{ join(steps.loop.outputs.numbers, ',') }}", ok: '${{ steps.gate.outputs.ok }}' },
      },
    },
    every: 3,
    atLeast: 50,
  },
  {
    what: 'a loop of 1,000 iterations',
    workflow: {
      build: {
        steps: [
          {
            id: 'loop',
            forEach: {
              items: Array.from({ length: 1000 }, (_, index) => index),
              concurrency: 50,
              steps: [step('work', { n: '${{ each.value }}' })],
              outputs: { numbers: '${{ steps.work.outputs.n }}' },
            },
          },
        ],
        outputs: { all: "${{ join(steps.loop.outputs.numbers, ',') }}" },
      },
    },
    every: 1001,
    atLeast: 2000,
  },
  {
    what: 'decisions and signals',
    workflow: {
      ask: {
        steps: [
          step('draft'),
          { id: 'ok', uses: 'approval@v1', with: { timeout: '400h' } },
          { id: 'paid', uses: 'wait-for@v1', with: { signal: 'paid' } },
          step('ship', { by: '${{ steps.ok.outputs.by }}', amount: '${{ steps.paid.outputs.payload.amount }}' }),
        ],
      },
      deploy: { environment: { name: 'production', approvers: ['ada'] }, steps: [step('go')] },
    },
    answer: ({ name }) => (name === 'paid' ? { amount: 3 } : { decision: 'approve' }),
    every: 1,
    atLeast: 15,
  },
  {
    what: 'the waves of a fleet',
    workflow: {
      deploy: {
        fleet: { hosts: 'all', canary: 1, batch: 2, max_failures: 1 },
        steps: [
          {
            id: 'go',
            with: { takes_ms: 10, fail_times: "${{ runner.name == 'web-3' && 999 || 0 }}" },
            retry: { attempts: 100, on: ['lost'] },
          },
        ],
      },
      after: { needs: ['deploy'], steps: [step('tell', { last: "${{ needs.deploy.hosts['web-10'].result }}" })] },
    },
    hosts: ['web-1', 'web-2', 'web-3', 'web-10'],
    every: 1,
    atLeast: 20,
  },
  {
    what: 'a called workflow',
    workflow: {
      release: {
        matrix: { part: ['eu', 'us'] },
        calls: { workflow: 'release.yml', with: { to: '${{ matrix.part }}' } },
      },
      after: { needs: ['release'], steps: [step('tell', { url: '${{ needs.release.outputs.url }}' })] },
    },
    head: {
      workflows: {
        'release.yml': {
          inputs: ['to'],
          jobs: {
            make: {
              steps: [step('make', { url: 'https://example.com' })],
              outputs: { url: '${{ steps.make.outputs.url }}' },
            },
            check: {
              needs: ['make'],
              environment: { name: '${{ inputs.to }}', approvers: ['ada'] },
              steps: [step('check')],
            },
          },
          outputs: { url: '${{ jobs.make.outputs.url }}' },
        },
      },
    },
    answer: () => ({ decision: 'approve' }),
    every: 1,
    atLeast: 25,
  },
  {
    what: 'a concurrency group that it waits for',
    workflow: { build: { steps: [step('one'), step('two')] }, more: { needs: ['build'], steps: [step('three')] } },
    head: { concurrency: { group: 'shared' } },
    rival: { since: 'start', workflow: { rival: { steps: [{ id: 'long', with: { takes_ms: 5000 } }] } } },
    every: 1,
    atLeast: 12,
  },
  {
    what: 'a concurrency group that it loses',
    workflow: {
      build: { concurrency: { group: 'shared' }, steps: [step('one'), step('two')] },
      more: { needs: ['build'], concurrency: { group: 'shared' }, steps: [step('three')] },
      beside: { steps: [step('four')] },
    },
    rival: { since: 'death', workflow: { rival: { steps: [{ id: 'long', with: { takes_ms: 5000 } }] } } },
    every: 1,
    atLeast: 12,
  },
  {
    what: 'pauses',
    workflow: { build: { steps: [step('one'), step('two'), step('three')] }, other: { steps: [step('four')] } },
    act: (notice, handle) => {
      if (notice.type === 'run_started' && notice.resumed) handle.operate({ kind: 'resume', by: 'ada' });
      if (notice.type === 'step_started' && notice.step === 'two') handle.operate({ kind: 'pause', by: 'ada' });
      if (notice.type === 'step_finished' && notice.step === 'two') handle.operate({ kind: 'resume', by: 'ada' });
    },
    every: 1,
    atLeast: 12,
  },
  {
    what: 'a rerun of what failed',
    workflow: {
      build: { steps: [step('make', { n: 1 })], outputs: { n: '${{ steps.make.outputs.n }}' } },
      test: { needs: ['build'], matrix: { part: ['a', 'b'] }, steps: [step('check'), failsAtFirst] },
      ship: {
        needs: ['test', 'build'],
        concurrency: { group: 'ship' },
        steps: [step('go', { n: '${{ needs.build.outputs.n }}' })],
      },
    },
    head: { concurrency: { group: 'shared' } },
    rival: { since: 'death', workflow: { rival: { steps: [{ id: 'long', with: { takes_ms: 5000 } }] } } },
    rerun: { kind: 'failed' },
    every: 1,
    atLeast: 12,
  },
  {
    what: 'a rerun from a step',
    workflow: {
      build: {
        keepWorkspace: true,
        steps: [
          { ...step('make'), with: { write: 'made' } },
          failsAtFirst,
          { id: 'look', with: { files: true }, retry: retryLost },
        ],
      },
      after: { needs: ['build'], steps: [step('tell')] },
    },
    // The keys of the example.
    rerun: { kind: 'step', job: 'build' as never, step: 'maybe' as never },
    every: 1,
    atLeast: 10,
  },
  {
    what: 'a rerun of an iteration',
    workflow: {
      build: {
        keepWorkspace: true,
        steps: [
          {
            id: 'loop',
            forEach: {
              items: ['a', 'b', 'c'],
              failFast: false,
              steps: [
                step('work', { of: '${{ each.value }}' }),
                { ...failsAtFirst, with: { fail_times: "${{ each.index == 1 && inputs.fail == 'yes' && 999 || 0 }}" } },
              ],
              outputs: { of: '${{ steps.work.outputs.of }}' },
            },
          },
          step('after', { all: "${{ join(steps.loop.outputs.of, ',') }}" }),
        ],
      },
    },
    // The keys of the example.
    rerun: { kind: 'iteration', job: 'build' as never, step: 'loop' as never, index: 1 },
    every: 1,
    atLeast: 8,
  },
];
