import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../engine/port.ts';
import { type Ended, folderWith, noticesOf, type RunningCommand, start, summaryOf, waterflow } from './command.ts';

/** A folder with one workflow, and its runs in a folder of state. */
function placeWith(workflow: string) {
  const folder = folderWith({ 'w.yml': workflow });
  const state = ['--state', 'state'];
  return {
    folder,
    /** A terminal in which the workflow runs. */
    run: (...options: readonly string[]): RunningCommand =>
      start(['run', 'w.yml', '--json', ...options, ...state], { cwd: folder }),
    /** Another one. */
    command: (...argv: readonly string[]): Promise<Ended> => waterflow([...argv, ...state], { cwd: folder }),
    start: (...argv: readonly string[]): RunningCommand => start([...argv, ...state], { cwd: folder }),
  };
}

function stepsOf(summary: RunSummary, job: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(summary.jobs[job]?.steps ?? {}).map(([key, step]) => [key, step.status]));
}

const asking = `
name: asking
on: manual
jobs:
  build:
    steps:
      - id: compile
        run: echo "again because '$WHY'"
        env: { WHY: "\${{ job.feedback }}" }
      - id: review
        uses: approval@v1
        with: { message: ship it?, approvers: [ada, eve] }
      - id: ship
        run: echo "shipped by $WHO"
        env: { WHO: "\${{ steps.review.outputs.by }}" }
`;

describe('a run that waits for an approval', () => {
  it('says which command answers it, and goes on when it is given in another terminal', async () => {
    const place = placeWith(asking);
    const run = place.start('run', 'w.yml');
    await run.saying('answer it: ');
    expect(run.stdout).toContain('[build/review] waits for an approval by ada or eve: ship it?');
    const [, command = ''] = /answer it: waterflow (.+)\n/.exec(run.stdout) ?? [];
    const approved = await waterflow([...command.split(' '), '--by', 'ada'], { cwd: place.folder });
    expect(approved).toMatchObject({ code: 0, stdout: 'build/review is approved by ada\n', stderr: '' });
    const ended = await run.ended;
    expect(ended.stdout).toContain('[build/ship] shipped by ada\n');
    expect(ended.code).toBe(0);
  });

  it('is refused to whoever may not decide, and fails when somebody who may says no', async () => {
    const place = placeWith(asking);
    const run = place.run();
    await run.saying('"type":"awaiting"');
    const mallory = await place.command('approve', 'latest', '--by', 'mallory', '--json');
    expect(mallory.code).toBe(2);
    expect(JSON.parse(mallory.stdout)).toMatchObject({
      code: 'SIGNAL_REFUSED',
      remedy: expect.stringContaining('ada, eve'),
    });
    const wrong = await place.command('approve', 'latest', 'reviw', '--by', 'ada');
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean review?') });
    const rejected = await place.command(
      'approve',
      'latest',
      'review',
      '--reject',
      '--comment',
      'too early',
      '--by',
      'eve',
    );
    expect(rejected.stdout).toBe('build/review is rejected by eve\n');
    const ended = await run.ended;
    const summary = summaryOf(ended);
    expect(ended.code).toBe(1);
    expect(stepsOf(summary, 'build')).toEqual({ compile: 'success', review: 'failure', ship: 'skipped' });
    expect(summary.jobs['build']?.steps['review']?.error).toMatchObject({
      code: 'REJECTED',
      message: expect.stringMatching(/eve.*too early/),
    });
  });

  it('takes the step that it is pushed back to by its own name, also inside of a loop', async () => {
    const place = placeWith(`
on: manual
jobs:
  build:
    steps:
      - uses: for-each@v1
        id: each
        with:
          items: [one]
          steps:
            - { id: compile, run: 'echo "again because $WHY"', env: { WHY: "\${{ job.feedback }}" } }
            - { id: review, uses: approval@v1 }
`);
    const run = place.start('run', 'w.yml');
    await run.saying('answer it: ');
    const back = await place.command('approve', 'latest', '--push-back', 'compile', '--comment', 'a typo');
    expect(back).toMatchObject({ code: 0, stdout: expect.stringContaining('is pushed back to each[0].compile') });
    await run.saying('again because a typo');
    // It may not have come to the approval again yet.
    await expect.poll(async () => (await place.command('approve', 'latest')).code, { timeout: 60_000 }).toBe(0);
    expect((await run.ended).code).toBe(0);
  });

  it('runs the steps again to which it is pushed back, and waits anew', async () => {
    const place = placeWith(asking);
    const run = place.start('run', 'w.yml');
    await run.saying('answer it: ');
    const back = await place.command('approve', 'latest', '--push-back', 'ship', '--by', 'ada');
    expect(back).toMatchObject({ code: 2, stderr: expect.stringContaining('compile') });
    await place.command('approve', 'latest', '--push-back', 'compile', '--comment', 'a typo', '--by', 'ada');
    await run.saying("again because 'a typo'");
    await run.saying('attempt 2: review');
    await place.command('approve', 'latest', '--by', 'eve');
    expect((await run.ended).code).toBe(0);
  });

  it('is answered while no process drives it, and goes on when it is resumed', async () => {
    const place = placeWith(asking);
    const run = place.run();
    await run.saying('"type":"awaiting"');
    run.kill('SIGKILL');
    await run.ended;
    const shown = JSON.parse((await place.command('get', 'latest', '--json')).stdout) as Readonly<
      Record<string, unknown>
    >;
    expect(shown).toMatchObject({ driven: false, status: 'waiting', awaits: [{ job: 'build', step: 'review' }] });
    const approved = await place.command('approve', 'latest', '--by', 'ada');
    expect(approved.stdout).toMatch(
      /^build\/review is approved by ada; no process drives it: waterflow run --resume run-\w+ --state state\n$/,
    );
    const wrong = await place.command('resume', 'latest');
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no process drives it\n.*waterflow run --resume run-/),
    });
    const log = place.start('logs', 'latest', '-f');
    await log.complaining('waiting until it is resumed');
    const paused = await place.command('pause', 'latest');
    expect(paused.stdout).toMatch(/^run-\w+ is paused; no process drives it/);
    expect((await place.command('get', 'latest')).stdout).toContain('paused (no process drives it)');
    const resumed = place.start('run', '--resume', 'latest', '--json');
    await resumed.saying('"run_paused"');
    await place.command('resume', 'latest');
    const ended = await resumed.ended;
    expect(stepsOf(summaryOf(ended), 'build')).toEqual({ compile: 'success', review: 'success', ship: 'success' });
    expect(await log.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('[build/ship] shipped by ada') });
  });
});

it('of several approvals the one is decided that is named, an environment by its job', async () => {
  const place = placeWith(`
name: releasing
on: manual
jobs:
  check:
    steps: [{ id: review, uses: approval@v1 }]
  deploy:
    environment: { name: production, url: "https://shop.example", approval: { approvers: ada } }
    steps: [{ run: echo deployed }]
`);
  const run = place.start('run', 'w.yml');
  await run.saying('[deploy] answer it: ');
  await run.saying('[check/review] answer it: ');
  const unnamed = await place.command('approve', 'latest');
  expect(unnamed.code).toBe(2);
  expect(unnamed.stderr).toContain('waits for 2 of its approvals');
  expect(unnamed.stderr).toMatch(/approve run-\w+ deploy /);
  expect(unnamed.stderr).toMatch(/approve run-\w+ check\/review /);
  expect((await place.command('approve', 'latest', 'deploy')).stderr).toContain('is no approver of job deploy');
  expect((await place.command('approve', 'latest', 'DEPLOY', '--by', 'ada')).stdout).toBe(
    'deploy is approved by ada\n',
  );
  await run.saying('[deploy] job success');
  expect((await place.command('approve', 'latest')).stdout).toMatch(/^check\/review is approved by /);
  const ended = await run.ended;
  expect(ended.stdout).toContain('\ndeploy is in production: https://shop.example\n');
});

it('a signal whose payload does not fit is refused, and one that fits goes on with its payload', async () => {
  const place = placeWith(`
name: paying
on: manual
jobs:
  wait:
    outputs: { amount: "\${{ steps.paid.outputs.payload.amount }}", by: "\${{ steps.paid.outputs.by }}" }
    steps:
      - id: paid
        uses: wait-for@v1
        with:
          signal: payment
          schema: { type: object, required: [amount], properties: { amount: { type: number, minimum: 1 } } }
`);
  const run = place.run();
  await run.saying('"type":"awaiting"');
  for (const payload of ['{ "amount": 0 }', '{}', 'null']) {
    const refused = await place.command('signal', 'latest', 'payment', '--payload', payload);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("doesn't fit its schema") });
  }
  const unknown = await place.command('signal', 'latest', 'paymnt');
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('payment') });
  const broken = await place.command('signal', 'latest', 'payment', '--payload', '{ amount: 1 }');
  expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining('not JSON') });
  const piped = ['signal', 'latest', 'payment', '--payload-file', '-', '--by', 'bank', '--state', 'state'];
  const sent = await waterflow(piped, { cwd: place.folder, input: '{\n  "amount": 12\n}\n' });
  expect(sent).toMatchObject({ code: 0, stdout: expect.stringMatching(/^run-\w+ has the signal payment\n$/) });
  expect(summaryOf(await run.ended).jobs['wait']?.outputs).toEqual({ amount: '12', by: 'bank' });
});

const long = `
name: long
on: manual
jobs:
  work:
    steps:
      - id: works
        run: |
          echo working
          until [ -e "$GO" ]; do sleep 0.05; done
        env: { GO: "\${{ vars.GO }}" }
      - id: next
        run: echo next
      - id: tidies
        if: always()
        run: echo tidied
`;

describe('a run that goes on', () => {
  function begin() {
    const place = placeWith(long);
    const go = join(place.folder, 'go');
    return { place, go, run: place.run('--var', `GO=${go}`) };
  }

  it('begins nothing new while it is paused', async () => {
    const { place, go, run } = begin();
    await run.saying('"text":"working\\n"');
    const paused = await place.command('pause', 'latest', '--reason', 'lunch');
    expect(paused).toMatchObject({ code: 0, stdout: expect.stringContaining('is paused') });
    expect(await place.command('pause', 'latest')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('RUN_STATE'),
    });
    writeFileSync(go, '');
    await run.saying('"step_finished"');
    expect((await place.command('get', 'latest')).stdout).toMatch(/^status +paused$/m);
    expect(noticesOf({ stdout: run.stdout }).some((one) => one.type === 'step_started' && one.step === 'next')).toBe(
      false,
    );
    await place.command('resume', 'latest');
    const ended = await run.ended;
    expect(ended.code).toBe(0);
    expect(noticesOf(ended).filter(({ type }) => type === 'run_paused')).toMatchObject([
      { by: expect.stringMatching(/: lunch$/) },
    ]);
  });

  it('that is cancelled ends in order, and says who did it', async () => {
    const { place, run } = begin();
    await run.saying('"text":"working\\n"');
    const cancelled = await place.command('cancel', 'latest', '--reason', 'wrong branch');
    expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringContaining('is being cancelled') });
    const ended = await run.ended;
    expect(ended.code).toBe(1);
    expect(summaryOf(ended)).toMatchObject({ status: 'cancelled' });
    expect(stepsOf(summaryOf(ended), 'work')).toEqual({ works: 'cancelled', next: 'skipped', tidies: 'success' });
    expect(ended.stdout).toContain('wrong branch');
    const late = await place.command('cancel', 'latest');
    expect(late).toMatchObject({ code: 2, stderr: expect.stringContaining('has ended') });
  });

  it('that is terminated runs nothing more', async () => {
    const { place, run } = begin();
    await run.saying('"text":"working\\n"');
    const terminated = await place.command('terminate', 'latest', '--json');
    expect(JSON.parse(terminated.stdout)).toMatchObject({ operation: 'terminate', takes_effect: 'now' });
    const ended = await run.ended;
    expect(ended.code).toBe(1);
    expect(stepsOf(summaryOf(ended), 'work')).not.toMatchObject({ tidies: 'success' });
  });

  it('is followed by its log until it ends', async () => {
    const { place, go, run } = begin();
    await run.saying('"text":"working\\n"');
    const log = place.start('logs', 'latest', '--follow');
    await log.saying('[work/works] working\n');
    writeFileSync(go, '');
    const ended = await log.ended;
    expect(ended).toMatchObject({ code: 0, stdout: '[work/works] working\n[work/next] next\n[work/tidies] tidied\n' });
    expect(ended.stderr).toMatch(/^run-\w+ has ended: success\n$/);
    expect((await place.command('logs', 'latest', '--step', 'next')).stdout).toBe('[work/next] next\n');
    const unknown = await place.command('logs', 'latest', '--job', 'wrk');
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean `work`?') });
    await run.ended;
  });
});

const flaky = `
name: flaky
on: { manual: { inputs: { bad: { type: string, default: macos } } } }
jobs:
  build:
    keep-workspace: true
    strategy: { fail-fast: false, matrix: { os: [linux, macos] } }
    steps:
      - id: make
        run: echo "made for $OS" > made.txt
        env: { OS: "\${{ matrix.os }}" }
      - id: check
        run: cat made.txt; test "$OS" != "$BAD"
        env: { OS: "\${{ matrix.os }}", BAD: "\${{ inputs.bad }}" }
  loop:
    keep-workspace: true
    outputs: { seen: "\${{ toJSON(steps.each.outputs.seen) }}" }
    steps:
      - id: each
        uses: for-each@v1
        with:
          items: \${{ fromJSON('["a", "b", "c"]') }}
          fail-fast: false
          steps:
            - id: one
              run: echo "seen=$ITEM by $BAD" >> "$WATERFLOW_OUTPUT"
              env: { ITEM: "\${{ each.value }}", BAD: "\${{ inputs.bad }}" }
          outputs: { seen: "\${{ steps.one.outputs.seen }}" }
  end:
    needs: build
    steps: [{ run: echo "all built" }]
`;

describe('a run that has ended', () => {
  async function ended() {
    const place = placeWith(flaky);
    const first = await place.run().ended;
    expect(first.code).toBe(1);
    const again = async (...options: readonly string[]) => {
      const rerun = await place.command('rerun', 'latest', '--json', ...options);
      const summary = summaryOf(rerun);
      const jobs = Object.entries(summary.jobs).map(([key, job]) => [
        key,
        job.status,
        ...(job.reused ? ['reused'] : []),
      ]);
      return { rerun, summary, jobs: Object.fromEntries(jobs.map(([key, ...rest]) => [key, rest.join(' ')])) };
    };
    return { place, first, again };
  }

  it('runs what failed again with another input, and reuses the rest', async () => {
    const { first, again } = await ended();
    const { rerun, summary, jobs } = await again('--failed', '--input', 'bad=none');
    expect(rerun.code).toBe(0);
    expect(summary).toMatchObject({ run: summaryOf(first).run, attempt: 2 });
    expect(jobs).toEqual({
      'build (linux)': 'success reused',
      'build (macos)': 'success',
      loop: 'success reused',
      end: 'success',
    });
  });

  it('goes on from a step in the workspace that was kept', async () => {
    const { again } = await ended();
    const { summary, jobs } = await again('--from', 'build (macos)/check', '--input', 'bad=none');
    expect(jobs).toMatchObject({ 'build (linux)': 'success reused', 'build (macos)': 'success', end: 'success' });
    expect(summary.jobs['build (macos)']?.steps['make']).toMatchObject({ status: 'success', reused: true });
  });

  it('runs one cell again, and one iteration', async () => {
    const { again } = await ended();
    const cell = await again('--job', 'build (macos)');
    expect(cell.jobs).toEqual({
      'build (linux)': 'success reused',
      'build (macos)': 'failure',
      loop: 'success reused',
      end: 'skipped',
    });
    const iteration = await again('--iteration', 'loop/each[1]', '--input', 'bad=other');
    expect(iteration.jobs).toMatchObject({ 'build (linux)': 'success reused', loop: 'success' });
    const seen = ['a by macos', 'b by other', 'c by macos'];
    expect(iteration.summary.jobs['loop']?.outputs).toEqual({ seen: JSON.stringify(seen, null, 2) });
  });

  it('says what it can not run again', async () => {
    const { place } = await ended();
    const refused = async (...options: readonly string[]) => {
      const { code, stdout } = await place.command('rerun', 'latest', '--json', ...options);
      return { exit: code, ...(JSON.parse(stdout) as { code: string; message: string; remedy: string }) };
    };
    expect(await refused('--job', 'buld')).toMatchObject({
      exit: 2,
      code: 'INVALID_INPUT',
      remedy: expect.stringContaining('build'),
    });
    expect(await refused('--from', 'end/0')).toMatchObject({ exit: 2, code: 'RUN_STATE' });
    const slip = await refused('--from', 'build (macos)/chek');
    expect(slip).toMatchObject({ exit: 2, code: 'INVALID_INPUT', remedy: expect.stringContaining('check') });
    expect(await refused('--input', 'bed=x')).toMatchObject({ exit: 2, code: 'UNKNOWN_INPUT' });
    expect(await refused('--failed', '--job', 'build')).toMatchObject({ exit: 2, code: 'USAGE' });
    expect(await refused('--iteration', 'loop/each')).toMatchObject({ exit: 2, code: 'USAGE' });
    expect((await place.command('get', 'latest', '--json')).stdout).toContain('"attempt":1');
  });

  it('is in the list, and shows what it was', async () => {
    const { place } = await ended();
    const listed = await place.command('list', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject({ name: 'flaky', status: 'failure', driven: false });
    const { run } = JSON.parse(listed.stdout) as { readonly run: string };
    const shown = await place.command('get', run.slice(0, 12));
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/build \(macos\) +failure/) });
    expect((await place.command('list', '--status', 'running')).stderr).toBe('no runs that are running\n');
    expect((await place.command('get', 'run-zz')).stderr).toContain('RUN_NOT_FOUND');
  });
});

const grouped = (inProgress: string): string => `
name: grouped
on: manual
concurrency: { group: production, cancel-in-progress: ${inProgress} }
jobs:
  work:
    steps:
      - id: works
        run: |
          echo "begin $NAME" >> "$LEDGER"
          until [ -e "$LEDGER.$NAME" ]; do sleep 0.05; done
          echo "end $NAME" >> "$LEDGER"
        env: { NAME: "\${{ vars.NAME }}", LEDGER: "\${{ vars.LEDGER }}" }
`;

describe('runs of one concurrency group in processes of their own', () => {
  function begin(inProgress: string) {
    const place = placeWith(grouped(inProgress));
    const ledger = join(place.folder, 'ledger');
    return {
      ledger,
      run: (name: string) => place.run('--var', `NAME=${name}`, '--var', `LEDGER=${ledger}`),
      letGo: (name: string) => writeFileSync(`${ledger}.${name}`, ''),
    };
  }

  it('take turns in the order in which they asked', async () => {
    const { ledger, run, letGo } = begin('false');
    const first = run('first');
    await first.making(ledger);
    const second = run('second');
    await second.saying('"group_waiting"');
    const third = run('third');
    await third.saying('"group_waiting"');
    for (const name of ['third', 'second', 'first']) letGo(name);
    const codes = await Promise.all([first, second, third].map(async ({ ended }) => (await ended).code));
    expect(codes).toEqual([0, 0, 0]);
    expect(readFileSync(ledger, 'utf8').trim().split('\n')).toEqual([
      'begin first',
      'end first',
      'begin second',
      'end second',
      'begin third',
      'end third',
    ]);
  });

  it('end the one that runs where they say so', async () => {
    const { ledger, run, letGo } = begin('true');
    const first = run('first');
    await first.making(ledger);
    const second = run('second');
    letGo('second');
    const [old, young] = [await first.ended, await second.ended];
    expect([old.code, summaryOf(old).status, young.code]).toEqual([1, 'cancelled', 0]);
    expect(readFileSync(ledger, 'utf8')).toBe('begin first\nbegin second\nend second\n');
    expect(existsSync(`${ledger}.first`)).toBe(false);
  });
});
