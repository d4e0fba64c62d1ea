import { describe, expect, it } from 'vitest';
import type { RunNotice } from '../../engine/port.ts';
import type { RunId, StepKey } from '../../schemas/index.ts';
import type { PlanFacts } from './plan-facts.ts';
import { createStyle } from './style.ts';
import { renderTree } from './tree.ts';
import { RunView } from './view.ts';

const run = 'run-00000000000000000000000000' as RunId; // Fits the pattern of parseRunId().
const shared = { run, at: new Date(0).toISOString() };
const facts: PlanFacts = {
  nameOf: () => undefined,
  callersOf: (job) => (job.startsWith('release / ') ? ['release'] : []),
  endsIteration: (_, step) => step.endsWith('].last'),
};
const success = { status: 'success', outcome: 'success', conclusion: 'success' } as const;
const failure = { status: 'failure', outcome: 'failure', conclusion: 'failure' } as const;
const end = { attempts: 1, duration_ms: 10, outputs: {}, host_calls: { allowed: 0, denied: 0 } };

const started = (job: string, name = job): RunNotice => ({ ...shared, type: 'job_started', job, name, attempt: 1 });
const finished = (job: string, status: 'success' | 'failure' = 'success'): RunNotice => ({
  ...shared,
  type: 'job_finished',
  job,
  status,
});
const stepStarted = (job: string, step: string, given: object = {}): RunNotice => ({
  ...shared,
  type: 'step_started',
  job,
  step,
  name: step,
  uses: 'x@v1',
  attempt: 1,
  ...given,
});
const stepFinished = (job: string, step: string, given: object = success): RunNotice => ({
  ...shared,
  ...end,
  ...success,
  type: 'step_finished',
  job,
  step,
  ...given,
});

function treeOf(notices: readonly RunNotice[], rows = 40): readonly string[] {
  const view = new RunView(facts);
  for (const notice of notices) view.apply(notice);
  return renderTree(view, { style: createStyle({ colours: false }), now: 1000, columns: 60, rows }).slice(1);
}

describe('the tree', () => {
  it('shows steps inside of steps below them', () => {
    const lines = treeOf([started('a'), stepStarted('a', 'gate'), stepStarted('a', 'gate.deploy')]);
    expect(lines).toEqual(['▸ a 1.0s', '  ▸ gate 1.0s', '    ▸ gate.deploy 1.0s']);
  });

  it('shows a loop as counts and a few of what is in flight, and forgets what is over', () => {
    const view = new RunView(facts);
    const total = 10_000;
    view.apply(started('a'));
    view.apply(stepStarted('a', 'each', { iterations: { total, success: 0, failure: 0, cancelled: 0, skipped: 0 } }));
    for (let index = 0; index < total - 1; index += 1) {
      view.apply(stepStarted('a', `each[${index}].last`));
      const failed = index % 1000 === 0 ? failure : success;
      if (index < total - 6) view.apply(stepFinished('a', `each[${index}].last`, failed));
    }
    const layout = { style: createStyle({ colours: false }), now: 1000, columns: 60, rows: 40 };
    expect(renderTree(view, layout).slice(1)).toEqual([
      '▸ a 1.0s',
      '  ▸ each 9994 of 10000, 10 failed 1.0s',
      '    ▸ [9994] each[9994].last 1.0s',
      '    ▸ [9995] each[9995].last 1.0s',
      '    ▸ [9996] each[9996].last 1.0s',
      '    … 2 more',
    ]);
    expect(view.jobs.get('a')?.steps.size).toBe(1);
    expect(view.jobs.get('a')?.steps.get('each')?.loop?.flights.size).toBe(5);
    const iterations = { total, success: 9990, failure: 10, cancelled: 0, skipped: 0 };
    view.apply(stepFinished('a', 'each', { ...failure, iterations }));
    expect(renderTree(view, layout).slice(2)).toEqual(['  ✗ each 10000 iterations, 10 failed 10ms']);
  });

  it('does not count a failure that a step around it covers as one of the iteration', () => {
    const lines = treeOf([
      started('a'),
      stepStarted('a', 'each', { iterations: { total: 1, success: 0, failure: 0, cancelled: 0, skipped: 0 } }),
      stepFinished('a', 'each[0].try.inner', failure),
      stepFinished('a', 'each[0].try', { outcome: 'failure', conclusion: 'success' }),
      stepFinished('a', 'each[0].last'),
    ]);
    expect(lines).toEqual(['▸ a 1.0s', '  ▸ each 1 of 1 1.0s']);
  });

  it('shows the jobs of a called workflow below the call, whatever began first', () => {
    const lines = treeOf([started('release / build'), started('other'), started('release / test')]);
    expect(lines).toEqual(['▸ release 1.0s', '  ▸ release / build 1.0s', '  ▸ release / test 1.0s', '▸ other 1.0s']);
  });

  it('shows the waves of a fleet, and those that are over in a line each where room is short', () => {
    const notices = [
      started('deploy @web-1'),
      finished('deploy @web-1'),
      started('deploy @web-2'),
      started('deploy @web-3'),
      finished('deploy @web-3', 'failure'),
      finished('deploy @web-2'),
      started('deploy @web-4'),
      stepStarted('deploy @web-4', 'push'),
      stepStarted('deploy @web-4', 'check'),
    ];
    expect(treeOf(notices).slice(0, 3)).toEqual([
      '✓ deploy @web-1 wave 1 0ms',
      '✓ deploy @web-2 wave 2 0ms',
      '✗ deploy @web-3 wave 2 0ms',
    ]);
    expect(treeOf(notices, 6)).toEqual([
      '✓ deploy @web-1 wave 1 0ms',
      '✗ deploy wave 2: 2 hosts, 1 failed',
      '▸ deploy @web-4 wave 3 1.0s',
      '  ▸ push 1.0s',
      '  ▸ check 1.0s',
    ]);
  });

  it('shows what keeps the run or a job from going on', () => {
    const lines = treeOf([
      { ...shared, type: 'run_paused', by: 'ada' },
      { ...shared, type: 'group_waiting', job: 'one', group: 'production' },
      { ...shared, type: 'job_blocked', job: 'two', reason: 'no agent' },
      {
        ...shared,
        type: 'awaiting',
        signal: { kind: 'approval', name: 'approval:three', job: 'three', approvers: [], push_back_to: [] },
      },
      started('four'),
      stepStarted('four', 'wait'),
      {
        ...shared,
        type: 'awaiting',
        signal: { kind: 'signal', name: 'paid', job: 'four', step: 'wait' as StepKey }, // Any text is a key.
      },
    ]);
    expect(lines).toEqual([
      'paused by ada',
      '· one waits for its turn in the group production',
      '▸ two 1.0s blocked: no agent',
      '· three waits for an approval',
      '▸ four 1.0s',
      '  ▸ wait 1.0s',
      '      waits for the signal paid',
    ]);
  });

  it('marks what an earlier attempt of the run did', () => {
    const lines = treeOf([
      { ...shared, type: 'job_finished', job: 'build', status: 'success', reused: true },
      started('test'),
      stepFinished('test', 'make', { reused: true }),
    ]);
    expect(lines).toEqual(['✓ build reused', '▸ test 1.0s', '  ✓ make reused']);
  });
});
