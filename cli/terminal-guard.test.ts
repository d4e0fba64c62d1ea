import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunDetails, RunNotice, RunSummary, StepSummary } from '../engine/port.ts';
import type { Plan, RunId, StepKey, WaterflowError } from '../schemas/index.ts';
import { createJsonReporter } from './report/json.ts';
import { createPlainReporter } from './report/plain.ts';
import { factsOf } from './report/plan-facts.ts';
import { RunRecord } from './report/record.ts';
import { renderDetails } from './report/run-info.ts';
import { createStyle } from './report/style.ts';
import { renderSummary } from './report/summary.ts';
import { createTreeReporter } from './report/tree.ts';
import { guardedText } from './terminal-guard.ts';
import { textStream } from './testing/terminal.ts';

const run = 'run-00000000000000000000000000' as RunId; // Fits the pattern of parseRunId().
const at = new Date(0).toISOString();
const words = { run, state: undefined };

// What no stream is to get: controls but line breaks, separators of lines, changes of direction.
const steering = /(?!\n)[\p{Cc}\u2028\u2029\p{Bidi_Control}]/u;
/** The colours of style.ts, and how tree.ts goes back to its first line. */
// oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
const ours = /\u001b\[(?:0|1|3[1-4]|90)m|\u001b\[\d+A\r\u001b\[J|\u001b\[\?25[lh]/gu;

/** Texts that act on terminals, pieces of such that become one when something between them is taken out, and plain ones. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\u001b',
        '[',
        ']',
        '2J',
        '8m',
        '0m',
        '\u001b[2J',
        '\u001b[5A\r\u001b[J',
        '\u001b]0;t\u0007',
        '\u001b[8m',
        '\r',
        '\n',
        '\r\n',
        '\t',
        '\0',
        '\b',
        '\u007f',
        '\u009b',
        '\u0085',
        '\u2028',
        '\u202e',
        '\u061c',
        ';',
        '7',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom('build', '✓ nothing was refused', 'a'.repeat(200)),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(''));

/** A run in which every word that anybody else writes is the next of `texts`. */
function hostileRun(texts: readonly string[]): {
  readonly plan: Plan;
  readonly notices: readonly RunNotice[];
  readonly summary: RunSummary;
  readonly details: RunDetails;
} {
  let index = 0;
  const word = (): string => texts[index++ % texts.length] ?? '';
  const job = word();
  const step = word();
  const place = { run, at, job, step };
  const error = (): WaterflowError => ({
    code: 'STEP_FAILED',
    message: word(),
    remedy: word(),
    rule: word(),
    file: word(),
    line: 1,
    column: 1,
  });
  const skip_reason = { condition: word(), read: [{ path: word(), value: { [word()]: word() } }], result: false };
  const end = (): StepSummary => ({
    status: 'failure',
    outcome: 'failure',
    conclusion: 'failure',
    attempts: 2,
    duration_ms: 1,
    outputs: { [word()]: word() },
    host_calls: { allowed: 1, denied: 1 },
    error: error(),
    last_lines: [word(), word()],
  });
  const approval = {
    kind: 'approval' as const,
    name: word(),
    job,
    step: step as StepKey, // Any text is a key.
    approvers: [word(), word()],
    message: word(),
    push_back_to: [],
  };
  const signal = { kind: 'signal' as const, name: word(), job };
  const steps = { [step]: end(), [`${step}.x`]: { ...end(), outcome: 'skipped' as const, skip_reason } };
  const plan = {
    name: word(),
    inputs: {},
    jobs: [{ id: word(), steps: [], needs: [] }],
  } as unknown as Plan; // What reports read of a plan: its jobs, none of which is that of the run.
  const notices: readonly RunNotice[] = [
    { type: 'run_started', run, at, workflow: word(), file: word(), name: word(), attempt: 2, resumed: false },
    { type: 'run_paused', run, at, by: word() },
    { type: 'run_resumed', run, at, by: word() },
    { type: 'group_waiting', run, at, group: word() },
    { type: 'group_acquired', run, at, job, group: word() },
    { type: 'awaiting', run, at, signal: approval },
    { type: 'awaiting', run, at, signal },
    { type: 'signal_received', run, at, signal: { name: word(), by: word(), payload: word() } },
    {
      type: 'signal_received',
      run,
      at,
      signal: {
        name: `approval:${word()}`,
        by: word(),
        payload: { decision: 'push-back', to: word(), comment: word() },
      },
    },
    { type: 'job_started', run, at, job, name: word(), attempt: 1 },
    { type: 'job_blocked', run, at, job, reason: word() },
    { type: 'workspace_left', run, at, job, reason: word() },
    { ...place, type: 'step_started', name: word(), uses: word(), attempt: 2 },
    {
      ...place,
      type: 'host_call',
      attempt: 1,
      capability: word(),
      operation: word(),
      subject: word(),
      decision: 'invalid',
      rule: word(),
      remedy: word(),
    },
    {
      ...place,
      type: 'host_call',
      attempt: 1,
      capability: word(),
      operation: word(),
      subject: word(),
      decision: 'denied',
    },
    { ...place, type: 'log', attempt: 1, sequence: 1, stream: 'stdout', text: `${word()}\n${word()}\n` },
    { ...place, type: 'step_retrying', attempt: 1, delay_ms: 1, error: error() },
    { ...place, type: 'step_finished', ...end() },
    { type: 'job_finished', run, at, job, status: 'failure', error: error() },
  ];
  const jobs = {
    [job]: {
      status: 'failure' as const,
      attempts: 2,
      duration_ms: 1,
      outputs: {},
      error: error(),
      steps,
      environment: { name: word(), url: word() },
    },
    [word()]: { status: 'skipped' as const, attempts: 1, duration_ms: 1, outputs: {}, steps: {}, skip_reason },
  };
  const summary: RunSummary = {
    run,
    name: word(),
    attempt: 2,
    status: 'failure',
    duration_ms: 1,
    error: error(),
    jobs,
  };
  const details: RunDetails = {
    run,
    workflow: word(),
    file: word(),
    name: word(),
    attempt: 2,
    status: 'failure',
    driven: false,
    created_at: at,
    awaits: [approval, signal],
    error: error(),
    plan,
    inputs: {},
    jobs: {
      [job]: {
        index: 0,
        name: word(),
        id: word(),
        needs: [word()],
        status: 'blocked',
        reason: word(),
        attempts: 2,
        outputs: {},
        steps: {
          [step]: {
            index: 0,
            name: word(),
            uses: word(),
            status: 'failure',
            attempts: 2,
            outputs: {},
            host_calls: { allowed: 0, denied: 0 },
          },
        },
      },
    },
  };
  return { plan, notices, summary, details };
}

function record(notices: readonly RunNotice[]): RunRecord {
  const kept = new RunRecord();
  for (const notice of notices) kept.apply(notice);
  return kept;
}

describe('whatever plugins, workflows and servers write', () => {
  const texts = fc.array(hostile, { minLength: 1, maxLength: 40 });

  it('the summary of a run steers no terminal', () => {
    fc.assert(
      fc.property(texts, fc.boolean(), (given, colours) => {
        const { plan, notices, summary } = hostileRun(given);
        const options = { plan, sources: new Map(), record: record(notices), words };
        const text = renderSummary(summary, { ...options, colours });
        expect(colours ? text.replaceAll(ours, '') : text).not.toMatch(steering);
      }),
    );
  });

  it('plain lines and what a run is at steer none', () => {
    fc.assert(
      fc.property(texts, (given) => {
        const { plan, notices, details } = hostileRun(given);
        const stdout = textStream();
        const reporter = createPlainReporter({ stdout, stderr: textStream(), facts: factsOf(plan), words });
        for (const notice of notices) reporter.notice(notice);
        expect(stdout.text()).not.toMatch(steering);
        const lines = renderDetails(details, { words, now: 0, style: createStyle({ colours: false }) });
        expect(lines.join('\n')).not.toMatch(steering);
      }),
    );
  });

  it('the live tree has nothing but its own colours and movements', () => {
    fc.assert(
      fc.property(texts, (given) => {
        const { plan, notices } = hostileRun(given);
        const stdout = textStream({ interactive: true, colours: true });
        const powers = { stdout, now: () => 0, every: () => () => {}, facts: factsOf(plan), words };
        const reporter = createTreeReporter(powers);
        for (const notice of notices) {
          reporter.notice(notice);
          reporter.message('');
        }
        reporter.end();
        expect(stdout.text().replaceAll(ours, '')).not.toMatch(steering);
        expect(guardedText(stdout.text(), 'text and colours')).toBe(stdout.text());
      }),
      { numRuns: 50 },
    );
  });

  it('JSON lines have it escaped, so that a reader gets it whole', () => {
    fc.assert(
      fc.property(texts, (given) => {
        const { notices } = hostileRun(given);
        const stdout = textStream();
        const reporter = createJsonReporter(stdout, textStream(), []);
        for (const notice of notices) reporter.notice(notice);
        expect(stdout.text()).not.toMatch(steering);
        const read = stdout
          .text()
          .split('\n')
          .slice(0, -1)
          .map((line): unknown => JSON.parse(line));
        expect(read).toEqual(JSON.parse(JSON.stringify(notices)));
      }),
    );
  });
});

describe('the last look before a stream', () => {
  it('lets our own colours and movements through on a terminal, and nothing else of the kind', () => {
    const own = '\u001b[32m✓\u001b[0m a\tb\r\n\u001b[3A\r\u001b[J\u001b[?25h';
    expect(guardedText(own, 'text and colours')).toBe(own);
    expect(guardedText(own, 'text')).toBe('[32m✓[0m a\tb\r\n[3A[J[?25h');
    expect(guardedText('\u001b[8m\u001b[2J\u001b[H\u001b]0;t\u0007\rx\u009b1m\u202e', 'text and colours')).toBe(
      '[8m[2J[H]0;tx1m',
    );
  });

  it('leaves nothing that steers, however the text is put together', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(guardedText(text, 'text')).not.toMatch(/(?![\n\t]|\r\n)[\p{Cc}\u2028\u2029\p{Bidi_Control}]/u);
        expect(guardedText(text, 'text and colours').replaceAll(ours, '')).not.toMatch(
          /(?![\n\t]|\r\n)[\p{Cc}\u2028\u2029\p{Bidi_Control}]/u,
        );
      }),
      { numRuns: 1000 },
    );
  });
});
