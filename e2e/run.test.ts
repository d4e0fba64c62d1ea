import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ended, folderWith, noticesOf, root, summaryOf, waterflow } from './command.ts';

const hello = 'name: hello\non: manual\njobs: { a: { steps: [{ run: "true" }] } }\n';

const failing = `
name: failing
on: manual
jobs:
  build:
    steps:
      - run: echo first
      - id: compile
        name: Compiles
        run: |
          for line in 1 2 3; do echo "line $line"; done
          echo "no such header" >&2
          exit 4
      - run: echo never
      - if: always()
        run: echo tidied
  publish:
    needs: build
    steps:
      - run: echo never
`;

describe('waterflow run', () => {
  it('runs an example, says its id first and its result last, and ends with 0', async () => {
    const state = folderWith({});
    const { code, stdout, stderr } = await waterflow(['run', join(root, 'examples', 'hello.yml'), '--state', state]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^started hello \(.*hello\.yml\) as run-[0-9a-z]{26}\n/);
    expect(stdout).toMatch(/^\[greet\/0\] Hello from /m);
    expect(stdout).toMatch(/^✓ hello success in /m);
    expect(stdout).not.toContain('\u001b');
  });

  it('shows of a failure the line of the workflow, the last lines of the log and the remedy, and ends with 1', async () => {
    const folder = folderWith({ 'failing.yml': failing });
    const { code, stdout } = await waterflow(['run', 'failing.yml', '--state', 'state'], { cwd: folder });
    expect(code).toBe(1);
    expect(stdout).toContain('[build/3] tidied');
    expect(stdout).not.toMatch(/\] never/);
    const end = stdout.slice(stdout.indexOf('✗ build / compile  Compiles'));
    expect(end).toContain('STEP_FAILED: exit code 4\n  at failing.yml:8:9\n  8 |       - id: compile\n  remedy: ');
    expect(end).toContain('  last lines:\n    line 1\n    line 2\n    line 3\n    no such header\n');
  });

  it('lists steps in the order of the file under their names, and says why one was skipped', async () => {
    const folder = folderWith({ 'failing.yml': failing });
    const { stdout } = await waterflow(['run', 'failing.yml', '--state', 'state'], { cwd: folder });
    const [, ...rows] = stdout.slice(stdout.indexOf('job / step')).split('\n\n')[0]?.split('\n') ?? [];
    const cellsOf = (row: string): readonly string[] => row.split(/ {2,}/);
    const shown = rows.map((row) => cellsOf(row).slice(0, row.startsWith(' ') ? 4 : 2));
    expect(shown).toEqual([
      ['build', 'failure'],
      ['', '0', 'echo first', 'success'],
      ['', 'compile', 'Compiles', 'failure'],
      ['', '2', 'skipped', 'if success(), where job.status = "failure"'],
      ['', '3', 'echo tidied', 'success'],
      ['publish', 'skipped'],
    ]);
    expect(rows.at(-1)).toContain('if success(), where needs.build.result = "failure"');
  });

  it('prints NDJSON whose first line has the id of the run, and whose last is the summary', async () => {
    const folder = folderWith({ 'failing.yml': failing });
    const ended = await waterflow(['run', 'failing.yml', '--state', 'state', '--json'], { cwd: folder });
    const notices = noticesOf(ended);
    const { run } = notices[0] ?? {};
    expect(notices[0]).toMatchObject({ type: 'run_started', run: expect.stringMatching(/^run-[0-9a-z]{26}$/) });
    expect(notices.every((notice) => notice.run === run && !Number.isNaN(Date.parse(notice.at)))).toBe(true);
    expect(ended.code).toBe(1);
    const duration = expect.any(Number);
    expect(summaryOf(ended)).toMatchObject({
      type: 'summary',
      run,
      status: 'failure',
      jobs: {
        build: {
          status: 'failure',
          attempts: 1,
          steps: {
            0: {
              status: 'success',
              outcome: 'success',
              conclusion: 'success',
              attempts: 1,
              duration_ms: duration,
              outputs: { exit_code: 0 },
              host_calls: { allowed: 1, denied: 0 },
            },
            compile: {
              status: 'failure',
              outcome: 'failure',
              conclusion: 'failure',
              attempts: 1,
              duration_ms: duration,
              error: { code: 'STEP_FAILED', message: 'exit code 4' },
            },
            2: { status: 'skipped', outcome: 'skipped', conclusion: 'skipped' },
            3: { status: 'success' },
          },
        },
        publish: { status: 'skipped' },
      },
    });
  });

  it('calls the cells of a matrix by their values', async () => {
    const state = folderWith({});
    const ended = await waterflow(['run', join(root, 'examples', 'matrix.yml'), '--state', state, '--json']);
    expect(Object.keys(summaryOf(ended).jobs)).toEqual([
      'build (linux, 22)',
      'build (linux, 24, true)',
      'build (macos, 24)',
      'publish',
      'report',
    ]);
  });

  it('takes the values of vars from the command line', async () => {
    const folder = folderWith({
      'vars.yml': `
name: vars
on: manual
jobs:
  say:
    outputs: { said: "\${{ vars.GREETING }}" }
    steps:
      - env: { GREETING: "\${{ vars.GREETING }}" }
        run: echo "$GREETING"
`,
    });
    const argv = ['run', 'vars.yml', '--state', 'state', '--json', '--var', 'GREETING=a=b c'];
    expect(summaryOf(await waterflow(argv, { cwd: folder })).jobs['say']?.outputs).toEqual({ said: 'a=b c' });
  });

  it.each([
    ['a broken workflow', ['broken.yml']],
    ['a policy that is not there', ['hello.yml', '--policy', 'none.yaml']],
    ['a broken policy', ['hello.yml', '--policy', 'hello.yml']],
  ])('leaves no run behind that %s kept from starting', async (_what, argv) => {
    const folder = folderWith({ 'broken.yml': 'name: broken\non: manual\njobs: {}\n', 'hello.yml': hello });
    const { code } = await waterflow(['run', ...argv, '--state', 'state'], { cwd: folder });
    expect(code).toBe(2);
    expect(existsSync(join(folder, 'state'))).toBe(false);
  });
});

describe('the inputs of waterflow run', () => {
  const typed = `
name: typed
on:
  manual:
    inputs:
      count: { type: number, default: 3 }
      dry: { type: boolean, default: false }
      target: { type: choice, options: [test, live], default: test }
      data: { type: json, default: {} }
      name: { type: string, required: true, pattern: "[a-z]+" }
jobs:
  say:
    outputs:
      all: \${{ toJSON(inputs) }}
    steps:
      - run: "true"
`;
  const run = (inputs: readonly string[]) =>
    waterflow(['run', 'typed.yml', '--state', 'state', '--json', ...inputs.flatMap((input) => ['--input', input])], {
      cwd: folderWith({ 'typed.yml': typed }),
    });

  const inputsIn = (ended: Ended): unknown => {
    const all = summaryOf(ended).jobs['say']?.outputs['all'];
    return typeof all === 'string' ? JSON.parse(all) : all;
  };

  it('become values of their types', async () => {
    const ended = await run(['name=abc', 'count=2.5', 'dry=true', 'target=live', 'data={"a":[1,null]}']);
    expect(inputsIn(ended)).toEqual({
      count: 2.5,
      dry: true,
      target: 'live',
      data: { a: [1, null] },
      name: 'abc',
    });
  });

  it('have their defaults', async () => {
    expect(inputsIn(await run(['name=abc']))).toEqual({ count: 3, dry: false, target: 'test', data: {}, name: 'abc' });
  });

  it('are all refused together where each is wrong, and the command ends with 2', async () => {
    const { code, stdout } = await run(['name=UP', 'count=abc', 'dry=maybe', 'target=moon', 'data=[', 'nmae=x']);
    expect(code).toBe(2);
    const errors = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(errors).toMatchObject([
      { code: 'UNKNOWN_INPUT', message: expect.stringContaining('`nmae`'), remedy: expect.stringContaining('name') },
      { code: 'WRONG_TYPE', line: 6, message: expect.stringContaining('`count`') },
      { code: 'WRONG_TYPE', line: 7, message: expect.stringContaining('`dry`') },
      { code: 'INVALID_VALUE', line: 8, message: expect.stringContaining('`target`') },
      { code: 'WRONG_TYPE', line: 9, message: expect.stringContaining('`data`') },
      { code: 'INVALID_VALUE', line: 10, message: expect.stringContaining('`name`') },
    ]);
  });

  it.each([
    [['name'], 'USAGE', '--input "name" has no value'],
    [['=x'], 'USAGE', '--input "=x" has no value'],
    [[], 'MISSING_INPUT', '`name` is required'],
  ])('given as %j are refused', async (inputs, code, message) => {
    const ended = await run(inputs);
    expect(ended.code).toBe(2);
    expect(JSON.parse(ended.stdout)).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

describe("waterflow run that can't begin", () => {
  it.each([
    [['run'], 'USAGE', 'no workflow file'],
    [['run', 'nothing.yml'], 'FILE_NOT_READABLE', 'there is no such file'],
    [['run', '.'], 'FILE_NOT_READABLE', 'it is a folder'],
    [['run', 'hello.yml', 'more.yml'], 'USAGE', 'too many arguments'],
    [['run', 'hello.yml', '--approve', './elsewhere'], 'USAGE', 'no step uses that plugin'],
    [['run', 'hello.yml', '--policy', 'none.yaml'], 'FILE_NOT_READABLE', 'none.yaml'],
    [['run', 'hello.yml', '--secret', 'TOKEN'], 'SECRET_MISSING', 'TOKEN is not set'],
    [['run', 'hello.yml', '--var', 'x'], 'USAGE', '--var "x" has no value'],
    [['run', '--resume', 'hello.yml'], 'USAGE', 'is not a run'],
    [['run', '--resume', `run-${'0'.repeat(26)}`, '--state', 'state'], 'RUN_NOT_FOUND', 'there is no run'],
    [['run', 'hello.yml', '--resume', `run-${'0'.repeat(26)}`], 'USAGE', 'keeps its workflow file'],
    [['rnu', 'hello.yml'], 'USAGE', "unknown command 'rnu'"],
    [['run', 'hello.yml', '--sate', 'x'], 'USAGE', "unknown option '--sate'"],
  ])('%j says why, and ends with 2', async (argv, code, message) => {
    const folder = folderWith({ 'hello.yml': hello });
    const asText = await waterflow(argv, { cwd: folder });
    expect(asText.stderr).toContain(message);
    expect(asText.stderr).toContain('remedy: ');
    const asJson = await waterflow([...argv, '--json'], { cwd: folder });
    expect({ text: asText.code, json: asJson.code, stderr: asJson.stderr }).toEqual({ text: 2, json: 2, stderr: '' });
    expect(JSON.parse(asJson.stdout)).toMatchObject({ type: 'error', code, remedy: expect.any(String) });
  });
});
