import { describe, expect, it } from 'vitest';
import type { AwaitedSignal } from '../../engine/machine/index.ts';
import type { RunNotice } from '../../engine/port.ts';
import type { RunId, StepKey } from '../../schemas/index.ts';
import { textStream } from '../testing/terminal.ts';
import { createPlainReporter } from './plain.ts';
import type { PlanFacts } from './plan-facts.ts';

const run = 'run-00000000000000000000000000' as RunId; // Fits the pattern of parseRunId().
const shared = { run, at: new Date(0).toISOString() };
const facts: PlanFacts = {
  nameOf: () => undefined,
  callersOf: () => [],
  endsIteration: (_, step) => step.endsWith('].last'),
};
const success = { status: 'success', outcome: 'success', conclusion: 'success' } as const;
const failure = { status: 'failure', outcome: 'failure', conclusion: 'failure' } as const;
const end = { attempts: 1, duration_ms: 10, outputs: {}, host_calls: { allowed: 0, denied: 0 } };
const error = { code: 'STEP_FAILED', message: 'exit code 1', remedy: 'Look.' } as const;

function linesOf(notices: readonly RunNotice[], state?: string): readonly string[] {
  const stdout = textStream();
  const reporter = createPlainReporter({ stdout, stderr: textStream(), facts, words: { run, state } });
  for (const notice of notices) reporter.notice(notice);
  return stdout.text().split('\n').slice(0, -1);
}

const approval: AwaitedSignal = {
  kind: 'approval',
  name: 'approval:deploy (eu)/review',
  job: 'deploy (eu)',
  step: 'review' as StepKey, // Any text is a key.
  approvers: ['ada', 'bob', 'eve'],
  message: 'ship\u001b[2J it?',
  push_back_to: [],
};

describe('plain lines', () => {
  it('say what the run waits for, and the command that answers it from any shell', () => {
    expect(linesOf([{ ...shared, type: 'awaiting', signal: approval }], "it's here")).toEqual([
      '[deploy (eu)/review] waits for an approval by ada, bob or eve: ship it?',
      `[deploy (eu)/review] answer it: waterflow approve ${run} 'deploy (eu)/review' --state 'it'\\''s here'`,
    ]);
    const schema = { type: 'object' };
    const signal: AwaitedSignal = { kind: 'signal', name: 'paid', job: 'wait', step: '0' as StepKey, schema };
    expect(linesOf([{ ...shared, type: 'awaiting', signal }])).toEqual([
      '[wait/0] waits for the signal paid',
      `[wait/0] answer it: waterflow signal ${run} paid --payload JSON`,
    ]);
  });

  it('say who decided, and how', () => {
    const sent = (payload: object): RunNotice => ({
      ...shared,
      type: 'signal_received',
      signal: { name: 'approval:a/b', by: 'ada', payload: { ...payload } },
    });
    const lines = linesOf([
      sent({ decision: 'approve' }),
      sent({ decision: 'reject', comment: 'no' }),
      sent({ decision: 'push-back', to: 'x' }),
      { ...shared, type: 'signal_received', signal: { name: 'paid', by: 'bank', payload: 1 } },
    ]);
    expect(lines).toEqual([
      'a/b is approved by ada',
      'a/b is rejected by ada: no',
      'a/b is pushed back to x by ada',
      'received the signal paid from bank',
    ]);
  });

  it('say what keeps a run or a job from going on, and that it goes on', () => {
    const lines = linesOf([
      { ...shared, type: 'run_paused', by: 'ada' },
      { ...shared, type: 'run_resumed', by: 'ada' },
      { ...shared, type: 'group_waiting', group: 'production' },
      { ...shared, type: 'group_acquired', group: 'production' },
      { ...shared, type: 'group_waiting', group: 'production', job: 'deploy' },
      { ...shared, type: 'job_blocked', job: 'deploy', reason: 'no agent serves gpu' },
      { ...shared, type: 'job_blocked', job: 'deploy' },
      { ...shared, type: 'job_finished', job: 'build', status: 'success', reused: true },
    ]);
    expect(lines).toEqual([
      `paused by ada; let it go on: waterflow resume ${run}`,
      'resumed by ada',
      'the run waits for its turn in the group production',
      'the run has its turn in the group production',
      '[deploy] waits for its turn in the group production',
      '[deploy] blocked: no agent serves gpu',
      '[deploy] goes on',
      '[build] job success, reused',
    ]);
  });

  it('tell that a run was started again', () => {
    const started = { ...shared, type: 'run_started', workflow: 'w', file: 'w.yml', name: 'w of ada' } as const;
    expect(
      linesOf([
        { ...started, attempt: 1, resumed: false },
        { ...started, attempt: 2, resumed: false },
        { ...started, attempt: 2, resumed: true },
      ]),
    ).toEqual([
      `started w of ada (w.yml) as ${run}`,
      `started again w of ada (w.yml) as ${run}, attempt 2`,
      `resumed w of ada (w.yml) as ${run}, attempt 2`,
    ]);
  });
});

describe('plain lines of a loop', () => {
  function loop(
    total: number,
    { told, failing = [] }: { readonly told: boolean; readonly failing?: readonly number[] },
  ) {
    const step = { job: 'job', uses: 'run@v1', attempt: 1 } as const;
    const none = { success: 0, failure: 0, cancelled: 0, skipped: 0 };
    const head = told ? { iterations: { ...none, total } } : {};
    const body = Array.from({ length: total }, (_, index): readonly RunNotice[] => [
      { ...shared, ...step, type: 'step_started', step: `each[${index}].last`, name: 'works' },
      {
        ...shared,
        ...end,
        ...(failing.includes(index) ? { ...failure, error } : success),
        type: 'step_finished',
        job: 'job',
        step: `each[${index}].last`,
      },
    ]);
    return linesOf([
      ...(told ? [{ ...shared, ...step, type: 'step_started', step: 'each', name: 'each', ...head } as const] : []),
      ...body.flat(),
      {
        ...shared,
        ...end,
        ...success,
        type: 'step_finished',
        job: 'job',
        step: 'each',
        iterations: { total, success: total - failing.length, failure: failing.length, cancelled: 0, skipped: 0 },
      },
    ]);
  }

  it('are a line for each tenth and each iteration that failed, however many there are', () => {
    const tenths = [100, 200, 300, 400, 500, 600, 700, 800, 900].map(
      (done) => `[job/each] ${done} of 1000 iterations done`,
    );
    expect(loop(1000, { told: true, failing: [250] })).toEqual([
      '[job/each] each',
      ...tenths.slice(0, 2),
      '[job/each] iteration 250 failed in last: STEP_FAILED: exit code 1',
      ...tenths.slice(2),
      '[job/each] 1000 iterations, 1 failed',
      '[job/each] success in 10ms',
    ]);
    expect(loop(100_000, { told: true })).toHaveLength(12);
  });

  it('are a line for each iteration of a short one', () => {
    expect(loop(3, { told: true }).slice(1, 4)).toEqual([
      '[job/each] 1 of 3 iterations done',
      '[job/each] 2 of 3 iterations done',
      '[job/each] 3 iterations',
    ]);
  });

  it('go on counting where a run is resumed', () => {
    const iterations = { total: 10, success: 7, failure: 1, cancelled: 0, skipped: 0 };
    const step = { ...shared, job: 'job', uses: 'x@v1', attempt: 1, name: 'each' } as const;
    const lines = linesOf([
      { ...step, type: 'step_started', step: 'each', iterations },
      { ...shared, ...end, ...success, type: 'step_finished', job: 'job', step: 'each[8].last' },
    ]);
    expect(lines.at(-1)).toBe('[job/each] 9 of 10 iterations done');
  });

  it('are few where the run does not say how many there will be', () => {
    expect(loop(250, { told: false })).toEqual([
      '[job/each] 10 iterations done',
      '[job/each] 100 iterations done',
      '[job/each] 250 iterations',
      '[job/each] success in 10ms',
    ]);
  });
});
