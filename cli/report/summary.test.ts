import { describe, expect, it } from 'vitest';
import { compile } from '../../dsl/index.ts';
import type { JobSummary, RunNotice, RunSummary, StepSummary } from '../../engine/port.ts';
import type { Plan, RunId } from '../../schemas/index.ts';
import { RunRecord } from './record.ts';
import { renderSummary } from './summary.ts';

const run = 'run-00000000000000000000000000' as RunId; // Fits the pattern of parseRunId().
const shared = { run, at: new Date(0).toISOString() };

const source = `name: flow
on: manual
jobs:
  build:
    strategy: { matrix: { os: [linux] } }
    steps:
      - { id: first, name: Checks, run: echo }
      - run: echo
      - { id: last, run: echo }
`;

function planOf(text: string): Plan {
  const catalogue = {
    find: () => ({
      node: {
        uses: 'run@v1',
        description: '',
        runtime: 'isolate' as const,
        inputs: { script: { type: 'string' } },
        outputs: {},
        dynamic_outputs: true,
      },
    }),
    names: () => [],
    permissionSchemas: () => ({}),
  };
  const { plan, diagnostics } = compile(text, { file: 'flow.yml', catalogue });
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics));
  return plan;
}

const step = (given: Partial<StepSummary>): StepSummary => ({
  status: 'success',
  outcome: 'success',
  conclusion: 'success',
  attempts: 1,
  duration_ms: 5,
  outputs: {},
  host_calls: { allowed: 2, denied: 0 },
  ...given,
});

function render(job: Partial<JobSummary>, notices: readonly RunNotice[] = [], given: Partial<RunSummary> = {}): string {
  const record = new RunRecord();
  for (const notice of notices) record.apply(notice);
  const summary: RunSummary = {
    run,
    name: 'flow',
    attempt: 1,
    status: 'success',
    duration_ms: 10,
    jobs: { 'build (linux)': { status: 'success', attempts: 1, duration_ms: 10, outputs: {}, steps: {}, ...job } },
    ...given,
  };
  const options = {
    plan: planOf(source),
    sources: new Map([['flow.yml', source.split('\n')]]),
    words: { run, state: undefined },
  };
  return renderSummary(summary, { ...options, record, colours: false });
}

const refusal = (index: number, given: object = {}): RunNotice => ({
  ...shared,
  type: 'host_call',
  job: 'build (linux)',
  step: 'first',
  attempt: 1,
  capability: 'fs',
  operation: 'read',
  subject: `read file-${index}`,
  decision: 'denied',
  rule: 'policy p.yaml:3',
  remedy: 'Ask.',
  ...given,
});

describe('the summary', () => {
  it('has steps in the order of the file, though keys that are numbers come first in an object', () => {
    const text = render({ steps: { 1: step({}), last: step({ attempts: 3 }), first: step({}) } });
    const rows = text.split('\n').slice(3, 7);
    expect(rows).toEqual([
      expect.stringMatching(/^build \(linux\) +success {2}10ms$/),
      expect.stringMatching(/^ {2}first {2}Checks +success {2}5ms +1 +2 \/ 0$/),
      expect.stringMatching(/^ {2}1 +success/),
      expect.stringMatching(/^ {2}last +success {2}5ms +3 /),
    ]);
  });

  it('says that a failure was allowed for, and shows it', () => {
    const error = { code: 'STEP_FAILED', message: 'exit code 7', remedy: 'Look.' } as const;
    const text = render({
      steps: { last: step({ status: 'failure', outcome: 'failure', error, last_lines: ['one\u001b[2J', 'two'] }) },
    });
    expect(text).toContain('failure (continued)');
    expect(text).toContain(
      [
        '✗ build (linux) / last  STEP_FAILED: exit code 7',
        '  at flow.yml:9:9',
        '  9 |       - { id: last, run: echo }',
        '  remedy: Look.',
        '  last lines:',
        '    one',
        '    two',
        '',
      ].join('\n'),
    );
  });

  it('shows the place that an error names, and its line where it is in the workflow', () => {
    const error = { code: 'INVALID_INPUT', message: 'm', remedy: 'r', file: 'flow.yml', line: 7, column: 3 } as const;
    expect(render({ steps: { last: step({ outcome: 'failure', error }) } })).toContain(
      '  at flow.yml:7:3\n  7 |       - { id: first',
    );
    const elsewhere = { ...error, file: 'plugin.yaml' };
    expect(render({ steps: { last: step({ outcome: 'failure', error: elsewhere }) } })).toContain(
      '  at plugin.yaml:7:3\n  remedy: r',
    );
  });

  it('tells an error of the run once', () => {
    const error = { code: 'STEP_FAILED', message: 'exit code 7', remedy: 'Look.' } as const;
    const failed = { status: 'failure', error } as const;
    const text = render({ ...failed, steps: { last: step({ ...failed, outcome: 'failure' }) } }, [], failed);
    expect(text.match(/exit code 7/g)).toHaveLength(1);
    const other = { code: 'STORAGE_FULL', message: 'no space', remedy: 'Make room.' } as const;
    expect(render({}, [], { status: 'failure', error: other })).toContain(
      'error[STORAGE_FULL]: no space\n  remedy: Make room.',
    );
  });

  it('needs one line for what was cancelled', () => {
    const error = { code: 'CANCELLED', message: 'it was cancelled', remedy: 'Run again.' } as const;
    const text = render({
      status: 'cancelled',
      steps: { last: step({ status: 'cancelled', outcome: 'cancelled', error }) },
    });
    expect(text).toMatch(/\n■ build \(linux\) \/ last {2}CANCELLED: it was cancelled\n$/);
  });

  it('says why a step was skipped, with the values that its condition read', () => {
    const skip_reason = { condition: 'inputs.go', read: [{ path: 'inputs.go', value: '\u009bno' }], result: false };
    const skipped = { status: 'skipped', outcome: 'skipped', conclusion: 'skipped', skip_reason } as const;
    expect(render({ steps: { last: step(skipped) } })).toContain(
      'skipped  if inputs.go, where inputs.go = "\\u009bno"\n',
    );
  });

  it('groups refused calls by the rule that refused them', () => {
    const text = render({ steps: { first: step({}) } }, [refusal(1), refusal(2, { rule: 'manifest' }), refusal(3)]);
    expect(text).toContain(
      [
        '✗ build (linux) / first  Checks  3 host calls refused',
        '  fs.read  file-1',
        '  fs.read  file-3',
        '    refused by: policy p.yaml:3',
        '    remedy: Ask.',
        '  fs.read  file-2',
        '    refused by: manifest',
        '    remedy: Ask.',
        '',
        `every host call is on record: waterflow audit verify ${run}`,
      ].join('\n'),
    );
  });

  it('shows the first of a flood of refused calls, and how many there were', () => {
    const text = render(
      {},
      Array.from({ length: 5_000 }, (_, index) => refusal(index)),
    );
    expect(text).toContain('5000 host calls refused');
    expect(text).toContain('  and 4988 more\n');
    expect(text.split('\n').length).toBeLessThan(30);
  });

  it('has the name of the run, its attempt, and where jobs went', () => {
    const environment = { name: 'production', url: 'https://shop.example' };
    const text = render({ environment }, [], { name: 'release v1', attempt: 3 });
    expect(text.split('\n')[0]).toBe(`✓ release v1 success in 10ms  ${run}  attempt 3`);
    expect(text).toContain('\nbuild (linux) is in production: https://shop.example\n');
    expect(render({ environment, status: 'failure' })).not.toContain('is in production');
  });

  it('marks what was reused, and tells nothing more of a job that was', () => {
    const text = render({ steps: { first: step({ reused: true }), last: step({}) } });
    expect(text).toMatch(/\n {2}first {2}Checks +success \(reused\)/);
    const whole = render({ reused: true, steps: { first: step({}) } });
    expect(whole).toMatch(/\nbuild \(linux\) +success \(reused\)/);
    expect(whole).not.toContain('Checks');
  });

  it('counts iterations, tells the first failures of them, and how to read about the others', () => {
    const error = { code: 'STEP_FAILED', message: 'exit code 1', remedy: 'Look.' } as const;
    const failed = { status: 'failure', outcome: 'failure', conclusion: 'failure', error } as const;
    const iterations = { total: 1000, success: 900, failure: 100, cancelled: 0, skipped: 0 };
    const inside = Array.from({ length: 100 }, (_, index) => [`last[${index}].x`, step(failed)] as const);
    const text = render({ steps: { last: step({ ...failed, iterations }), ...Object.fromEntries(inside) } });
    expect(text).toMatch(/\n {2}last +failure +5ms[^\n]*\n {4}1000 iterations, 100 failed\n/);
    expect(text.match(/STEP_FAILED/g)).toHaveLength(5);
    expect(text).toContain('✗ build (linux) / last  and 95 more failed steps in its iterations');
    expect(text).toContain(`waterflow logs ${run} --job 'build (linux)' --step last\n`);
  });

  it('counts refused calls of iterations as the loop does, and keeps no name of what went well', () => {
    const record = new RunRecord();
    const named = (index: number) => ({ job: 'build (linux)', step: `last[${index}].x` });
    for (let index = 0; index < 1000; index += 1) {
      const place = { ...shared, ...named(index) };
      record.apply({ ...place, type: 'step_started', name: `works ${index}`, uses: 'x@v1', attempt: 1 });
      record.apply(refusal(index, named(index)));
      const outcome = index === 7 ? 'failure' : 'success';
      record.apply({ ...place, ...step({ outcome }), type: 'step_finished' });
    }
    expect(record.refused).toMatchObject([{ step: 'last', count: 1000 }]);
    expect(record.nameOf('build (linux)', 'last[7].x')).toBe('works 7');
    expect(record.nameOf('build (linux)', 'last[8].x')).toBeUndefined();
  });

  it('lets no control character through, wherever it comes from', () => {
    const evil = 'x\u001b]0;t\u0007\u009b\u202e\r';
    const error = { code: 'STEP_FAILED', message: evil, remedy: evil, rule: evil, file: evil, line: 1 } as const;
    const text = render(
      { steps: { first: step({ outcome: 'failure', error, last_lines: [evil] }) } },
      [
        { ...shared, type: 'step_started', job: 'build (linux)', step: 'first', name: evil, uses: evil, attempt: 1 },
        refusal(1, { subject: evil, rule: evil, remedy: evil }),
      ],
      { status: 'failure', error: { ...error, message: `other ${evil}` } },
    );
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  });
});
