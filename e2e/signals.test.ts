import { describe, expect, it } from 'vitest';
import { summaryOf, waterflow } from './command.ts';
import { placeWith, stepsOf } from './place.ts';

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
    await expect.poll(async () => (await place.command('approve', 'latest')).code).toBe(0);
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
