import { describe, expect, it } from 'vitest';
import type { RunNotice } from '../../engine/port.ts';
import type { RunId, StepKey } from '../../schemas/index.ts';
import { textStream } from '../testing/terminal.ts';
import { columnsOf } from './columns.ts';
import type { PlanFacts } from './plan-facts.ts';
import { createStyle } from './style.ts';
import { createTreeReporter, renderTree } from './tree.ts';
import { RunView } from './view.ts';

const run = 'run-00000000000000000000000000' as RunId; // Fits the pattern of parseRunId().
const at = new Date(0).toISOString();
const shared = { run, at };
const done = {
  status: 'success',
  outcome: 'success',
  conclusion: 'success',
  outputs: {},
  host_calls: { allowed: 0, denied: 0 },
} as const;

function jobOf(job: string, steps: readonly string[], state: 'running' | 'ended'): readonly RunNotice[] {
  return [
    { ...shared, type: 'job_started', job, name: job, attempt: 1 },
    ...steps.flatMap((step): readonly RunNotice[] => [
      { ...shared, type: 'step_started', job, step, name: `does ${step}`, uses: 'run@v1', attempt: 1 },
      ...(state === 'ended'
        ? [{ ...shared, ...done, type: 'step_finished' as const, job, step, attempts: 1, duration_ms: 10 }]
        : []),
    ]),
    ...(state === 'ended' ? [{ ...shared, type: 'job_finished' as const, job, status: 'success' as const }] : []),
  ];
}

function viewOf(notices: readonly RunNotice[]): RunView {
  const view = new RunView(facts);
  view.apply({
    ...shared,
    type: 'run_started',
    workflow: 'flow',
    file: 'flow.yml',
    name: 'flow',
    attempt: 1,
    resumed: false,
  });
  for (const notice of notices) view.apply(notice);
  return view;
}

const facts: PlanFacts = {
  nameOf: (_, step) => (step === '1' ? 'Never needed' : undefined),
  callersOf: (job) => (job.startsWith('release / ') ? ['release'] : []),
  endsIteration: (_, step) => step.endsWith('].last'),
};
const words = { run, state: undefined };
const style = createStyle({ colours: false });
const layout = { style, now: 2000, columns: 40, rows: 20 };

describe('the tree of a run', () => {
  it('shows jobs with their steps, durations and the tail of what runs', () => {
    const view = viewOf([
      ...jobOf('build', ['one'], 'ended'),
      ...jobOf('test', ['two'], 'running'),
      {
        ...shared,
        type: 'log',
        job: 'test',
        step: 'two',
        attempt: 1,
        sequence: 1,
        stream: 'stdout',
        text: 'a\nlast line\npart',
      },
    ]);
    expect(renderTree(view, layout)).toEqual([
      `flow ${run}`,
      '✓ build 0ms',
      '  ✓ does one 10ms',
      '▸ test 2.0s',
      '  ▸ does two 2.0s',
      '      last line',
    ]);
  });

  it('shows attempts and denials', () => {
    const view = viewOf(jobOf('job', ['step'], 'running'));
    view.apply({ ...shared, type: 'step_started', job: 'job', step: 'step', name: 'again', uses: 'x@v1', attempt: 3 });
    const call = { capability: 'fs', operation: 'read', subject: '/etc', decision: 'denied', rule: 'r' } as const;
    view.apply({ ...shared, ...call, type: 'host_call', job: 'job', step: 'step', attempt: 3 });
    view.apply({ ...shared, ...call, decision: 'allowed', type: 'host_call', job: 'job', step: 'step', attempt: 3 });
    expect(renderTree(view, layout).at(-1)).toBe('  ▸ does step 2.0s attempt 3 1 denied');
  });

  it('folds jobs that are over where there is no room, then leaves the first lines out', () => {
    const view = viewOf([
      ...jobOf('a', ['one', 'two', 'three'], 'ended'),
      ...jobOf('b', ['one', 'two', 'three'], 'ended'),
      ...jobOf('c', ['one', 'two'], 'running'),
    ]);
    expect(renderTree(view, { ...layout, rows: 6 })).toEqual([
      `flow ${run}`,
      '✓ a 0ms',
      '✓ b 0ms',
      '▸ c 2.0s',
      '  ▸ does one 2.0s',
      '  ▸ does two 2.0s',
    ]);
    expect(renderTree(view, { ...layout, rows: 4 })).toEqual([
      `flow ${run}`,
      '… 3 more lines above',
      '  ▸ does one 2.0s',
      '  ▸ does two 2.0s',
    ]);
  });

  it('is never larger than its terminal, messages included', () => {
    const view = viewOf([
      ...jobOf('a job with a long name 水水水水水水水水水水水水水水', ['one'], 'running'),
      ...Array.from({ length: 30 }, (_, index) => jobOf(`job ${index}`, ['x', 'y'], 'running')).flat(),
    ]);
    for (let rows = 0; rows < 30; rows += 1) {
      for (const columns of [1, 2, 3, 7, 12, 25, 80]) {
        const lines = renderTree(view, { ...layout, rows, columns, messages: ['SIGINT: cancelling in order'] });
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows));
        expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(columns);
      }
    }
  });

  it('is drawn over itself, and not while the terminal is behind', () => {
    let behind = false;
    let redraw = (): void => {};
    const stdout = textStream({ behind: () => behind });
    const every = (_: number, callback: () => void): (() => void) => {
      redraw = callback;
      return () => {};
    };
    const reporter = createTreeReporter({ stdout, now: () => 0, every, facts, words });
    for (const notice of jobOf('job', ['one'], 'running')) reporter.notice(notice);
    redraw();
    behind = true;
    redraw();
    reporter.message('not now');
    behind = false;
    reporter.end();
    expect(stdout.writes().map((text) => text.split('\n').length)).toEqual([1, 4, 5, 1]);
    expect(stdout.writes()[2]?.startsWith('\u001b[3A\r\u001b[J')).toBe(true);
    expect([stdout.writes()[0], stdout.writes()[3]]).toEqual(['\u001b[?25l', '\u001b[?25h']);
  });

  it('leaves above it, whole, the commands that answer what the run waits for', () => {
    const stdout = textStream({ size: () => ({ columns: 20, rows: 5 }) });
    const reporter = createTreeReporter({ stdout, now: () => 0, every: () => () => {}, facts, words });
    for (const notice of jobOf('job', ['review'], 'running')) reporter.notice(notice);
    const awaited = {
      kind: 'approval',
      name: 'approval:job/review',
      job: 'job',
      approvers: [],
      push_back_to: [],
    } as const;
    reporter.notice({ ...shared, type: 'awaiting', signal: { ...awaited, step: 'review' as StepKey } }); // Any text is a key.
    reporter.notice({ ...shared, type: 'run_paused', by: 'ada' });
    reporter.message('drawn');
    reporter.end();
    const [, first = '', second = ''] = stdout.writes();
    expect(first.split('\n').slice(0, 4)).toEqual([
      'job/review waits for an approval',
      `  waterflow approve ${run} job/review`,
      'paused by ada',
      `  waterflow resume ${run}`,
    ]);
    expect(second).not.toContain('waterflow approve');
  });

  it('names a step that never starts as its file does', () => {
    const view = new RunView(facts);
    const skipped = { ...done, status: 'skipped', outcome: 'skipped', conclusion: 'skipped' } as const;
    view.apply({ ...shared, ...skipped, type: 'step_finished', job: 'job', step: '1', attempts: 0, duration_ms: 0 });
    expect(renderTree(view, layout).at(-1)).toBe('  - Never needed skipped');
  });
});
