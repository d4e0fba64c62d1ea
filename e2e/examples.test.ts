/** Every file of examples/ does what its first lines promise. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../cli/testing/terminal.ts';
import { docker, importTestImage, testImage } from '../runtime/capabilities/docker/testing/images.ts';
import { folderWith, root } from './command.ts';
import { promises, testedWithServers } from './example-promises.ts';
import { answering, type Given, openWorkflow, type Ran, type Runnable } from './example-runs.ts';
import { exclusive } from './exclusive.ts';
import { needs } from './require.ts';

const examples = join(root, 'examples');

/** These have tests of their own, with a web server and without approvals; and those that need servers. */
const testedElsewhere = ['quickstart.yml', 'hostile.yml', ...testedWithServers];

const hasDocker = await needs('docker');
const hasCompose = hasDocker && (await needs('compose')) && (await needs('bwrap'));

// Without Docker nothing opens its examples.
const opened = new Set<string>([
  ...(hasDocker ? [] : ['docker.yml', 'docker-node.yml']),
  ...(hasCompose ? [] : ['docker-compose.yml']),
]);

function open(file: string, approve: readonly string[] = [], policy?: string): Promise<Runnable> {
  opened.add(file);
  const place = { cwd: examples, state: folderWith({}), approve, ...(policy === undefined ? {} : { policy }) };
  return openWorkflow(place, file);
}

/** Runs an example once. */
async function run(file: string, given: Given = {}): Promise<Ran> {
  await using example = await open(file);
  return await example.run(given);
}

/** Of each job its status. */
function statuses({ summary }: Ran): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(summary.jobs).map(([key, { status }]) => [key, status]));
}

describe('the examples', () => {
  it.each(promises)('$file $promise', async ({ file, given = {}, jobs, says }) => {
    const ran = await run(file, given);
    expect(ran.summary.status).toBe('success');
    expect(statuses(ran)).toMatchObject(Object.fromEntries(jobs.map((key) => [key, 'success'])));
    for (const line of says) expect(ran.says.join('\n')).toContain(line);
  });

  it('inputs.yml is refused with a value that does not fit, and without one that is needed', async () => {
    await using example = await open('inputs.yml');
    await expect(example.run({ inputs: { tag: 'latest', replicas: 'many' } })).rejects.toThrow(
      /INVALID_VALUE.*`tag`.*WRONG_TYPE.*`replicas`/,
    );
    await expect(example.run()).rejects.toThrow(/MISSING_INPUT.*`tag`/);
  });

  it('run-name.yml calls its run by its inputs', async () => {
    const { summary } = await run('run-name.yml', { inputs: { tag: 'v3' } });
    expect(summary).toMatchObject({ name: 'Release v3 to staging', status: 'success' });
  });

  it('secrets.yml hides what it prints', async () => {
    const { says, summary } = await run('secrets.yml', { secrets: { API_TOKEN: 'not-a-real-one' } });
    expect(summary.status).toBe('success');
    expect(says).toEqual(['call/0: a token is there: true', 'call/0: it is ***']);
  });
});

describe('the examples of failures', () => {
  it('matrix-fail-fast.yml cancels the other cells, or lets them end', async () => {
    await using example = await open('matrix-fail-fast.yml');
    const jobs = (others: string) => ({ 'test (broken)': 'failure', 'test (slow)': others, 'test (slower)': others });
    expect(statuses(await example.run())).toEqual(jobs('cancelled'));
    expect(statuses(await example.run({ inputs: { 'fail-fast': 'false' } }))).toEqual(jobs('success'));
  });

  it('job-retry.yml starts again in an empty workspace', async () => {
    const { summary, says } = await run('job-retry.yml');
    expect(summary).toMatchObject({
      status: 'success',
      jobs: { fragile: { status: 'success', attempts: 2, steps: { work: { outputs: { attempt: '2' } } } } },
    });
    expect(says.filter((line) => line.endsWith('the workspace is empty'))).toHaveLength(2);
  });

  it('retry-by-class.yml tries timeouts again, and failures not', async () => {
    const { summary } = await run('retry-by-class.yml');
    const { hangs, wrong } = summary.jobs['classes']?.steps ?? {};
    expect(summary.status).toBe('success');
    expect(hangs?.attempts).toBeGreaterThan(2);
    expect(wrong).toMatchObject({ outcome: 'failure', attempts: 1, error: { code: 'STEP_FAILED' } });
  });

  it('continue-on-error.yml tells the outcome from the conclusion', async () => {
    await using example = await open('continue-on-error.yml');
    const lenient = await example.run();
    expect(lenient.summary.status).toBe('success');
    expect(lenient.says).toContain('build/1: lint was a failure and counts as success');
    const strict = await example.run({ inputs: { strict: 'true' } });
    expect(strict.summary.jobs['build']).toMatchObject({
      status: 'failure',
      steps: { lint: { conclusion: 'failure' }, 1: { status: 'skipped' }, 2: { status: 'success' } },
    });
  });

  it('timeouts.yml cuts off what takes too long', async () => {
    await using example = await open('timeouts.yml');
    const { summary, says } = await example.run();
    expect(summary.jobs['slow']).toMatchObject({
      status: 'failure',
      steps: { work: { error: { code: 'TIMEOUT' } }, 1: { status: 'success' } },
    });
    expect(says).toContain('slow/1: it was cut off, a failure');
    expect(statuses(await example.run({ inputs: { patience: '1' } }))).toEqual({
      slow: 'success',
      optional: 'success',
    });
  });

  it('permissions.yml lets each layer narrow, and names it', async () => {
    await using example = await open('permissions.yml', [join(examples, 'plugins', 'headline')]);
    const { summary } = await example.run();
    expect(summary.jobs['headlines']).toMatchObject({
      status: 'success',
      steps: {
        allowed: { outcome: 'success', outputs: { title: 'A river' } },
        outside: { outcome: 'failure', error: { code: 'DENIED', rule: expect.stringContaining('job') } },
        nothing: { outcome: 'failure', error: { code: 'DENIED', rule: expect.stringContaining('step') } },
      },
    });
  });

  it('store.yml counts on with each run, and keeps other keys', async () => {
    await using example = await open('store.yml', [join(examples, 'plugins', 'counter')]);
    expect((await example.run()).says).toContain('count/3: build 1, then build 2, and a failure');
    const { says, summary } = await example.run();
    expect(says).toContain('count/3: build 3, then build 4, and a failure');
    expect(summary.jobs['count']?.steps['narrowed']).toMatchObject({
      error: { code: 'DENIED', rule: expect.stringContaining('step') },
    });
  });

  it('archive.yml packs and unpacks what it may, and nothing else', async () => {
    await using example = await open('archive.yml', [join(examples, 'plugins', 'archive')]);
    const { says, summary } = await example.run();
    expect(says).toEqual(
      expect.arrayContaining(['pack/3: 3 entries, and a failure', 'pack/3: ./css/main.css', 'pack/3: ./index.html']),
    );
    expect(says).not.toContain('pack/3: ./draft.tmp');
    expect(summary.jobs['pack']?.steps['denied']).toMatchObject({ error: { code: 'DENIED' } });
  });

  it('quotas.yml stops at what the policy lets a run use', async () => {
    await using example = await open('quotas.yml', [], 'quotas-policy.yaml');
    const { summary } = await example.run();
    expect(summary.jobs['count']?.steps).toMatchObject({
      first: { outcome: 'success', outputs: { count: 1 } },
      second: { outcome: 'success', outputs: { count: 2 } },
      third: { outcome: 'failure', error: { code: 'LIMIT_EXCEEDED', rule: expect.stringContaining('quotas.run') } },
    });
  });

  it.skipIf(!hasDocker)('docker.yml counts words in a container of the image that it may use', async () => {
    importTestImage();
    await using example = await open('docker.yml', [join(examples, 'plugins', 'container')]);
    const { says, summary } = await example.run({ inputs: { image: testImage } });
    expect(says).toContain('words/3: 5 words, and a failure');
    expect(summary.jobs['words']?.steps['denied']).toMatchObject({ error: { code: 'DENIED' } });
  });

  it.skipIf(!hasDocker)('docker-node.yml builds an image, and asks a service that is made from it', async () => {
    importTestImage();
    using _image = await exclusive('greeting');
    const { says, summary } = await run('docker-node.yml', { inputs: { image: testImage } });
    const built = 'waterflow.example/greeting:1';
    expect(says).toContain('greeting/6: a greeting from the image, and a failure');
    expect(says).toContain('greeting/look: 5 /greeting.txt');
    expect(summary.jobs['greeting']?.steps['denied']).toMatchObject({ error: { code: 'DENIED' } });
    expect(docker('ps', '--all', '--quiet', '--filter', `ancestor=${built}`)).toBe('');
    docker('rmi', built);
  });

  it.skipIf(!hasCompose)('docker-compose.yml asks its services, and leaves none', { timeout: 240_000 }, async () => {
    const image = 'waterflow.test/example-compose:1';
    importTestImage(image);
    const { says, summary } = await run('docker-compose.yml', { inputs: { image } });
    expect(says).toContain('greeting/6: a greeting from a folder of 5 words, and a failure');
    expect(summary.jobs['greeting']?.steps['denied']).toMatchObject({
      error: { message: expect.stringContaining('visitor.network_mode') },
    });
    expect(docker('ps', '--all', '--quiet', '--filter', `ancestor=${image}`)).toBe('');
    docker('rmi', image);
  });

  it('for-each.yml lets the other iterations go on', async () => {
    const { summary, says } = await run('for-each.yml', { inputs: { bad: 'south' } });
    expect(summary.jobs['deploy']?.steps['regions']).toMatchObject({
      status: 'failure',
      iterations: { total: 3, success: 2, failure: 1 },
    });
    expect(says).toContain('deploy/1: deployed https://north.example.com/  https://west.example.com/');
  });

  it('cancellation.yml still does what it must', async () => {
    await using example = await open('cancellation.yml');
    const ran = await example.run({}, (notice, handle) => {
      if (notice.type === 'log' && notice.text.includes('working')) handle.cancel('enough');
    });
    expect(ran.summary.status).toBe('cancelled');
    expect(statuses(ran)).toEqual({ serve: 'cancelled', 'clean-up': 'success' });
    expect(ran.says).toEqual([
      'serve/long: working',
      'serve/3: started',
      'serve/4: the long step was cancelled',
      'clean-up/0: serve ended as cancelled',
    ]);
  });
});

describe('the example of a fleet', () => {
  it('stops after the wave in which too many of many hosts fail', async () => {
    const argv = ['plan', 'deploy-fleet.yml', '--hosts', 'web=a,b,c,d,e,f,g,h', '--simulate', 'deploy @c=failure'];
    const { stdout } = await commandLine(argv, { cwd: examples });
    const of = (pattern: RegExp): readonly (string | undefined)[] =>
      Array.from(stdout.matchAll(pattern), ([, host]) => host);
    // One host, then two at a time: a quarter of eight.
    expect(of(/deploy @(\w) starts/g)).toEqual(['a', 'b', 'c']);
    expect(of(/✓ deploy @(\w) success/g)).toEqual(['a', 'b']);
    expect(of(/■ deploy @(\w) cancelled/g)).toEqual(['d', 'e', 'f', 'g', 'h']);
    expect(stdout).toContain('✓ report success');
  });
});

describe('the examples that wait', () => {
  it('environment-approval.yml deploys when somebody approves', async () => {
    await using example = await open('environment-approval.yml');
    const ran = await example.run(
      {},
      answering(() => ({ decision: 'approve' })),
    );
    expect(ran.summary.jobs['deploy']).toMatchObject({
      status: 'success',
      environment: { name: 'production', url: 'https://v7.example.com/' },
    });
    const rejected = await example.run(
      {},
      answering(() => ({ decision: 'reject' })),
    );
    expect(rejected.summary.jobs['deploy']).toMatchObject({ status: 'failure', error: { code: 'REJECTED' } });
    const byOthers = example.run(
      { inputs: { approvers: '["grace"]' } },
      answering(() => ({ decision: 'approve' })),
    );
    await expect(byOthers).rejects.toThrow('ada is no approver');
  });

  it('approval.yml drafts again when it is pushed back, and publishes when it is approved', async () => {
    await using example = await open('approval.yml');
    const decisions = [{ decision: 'push-back', to: 'draft', comment: 'shorter' }, { decision: 'approve' }];
    const asked: (string | undefined)[] = [];
    const { summary, says } = await example.run(
      {},
      answering((awaited) => {
        if (awaited.kind === 'approval') asked.push(awaited.message);
        return decisions.shift();
      }),
    );
    expect(summary.status).toBe('success');
    expect(asked).toEqual(['Publish a long text?', 'Publish a shorter text?']);
    expect(says).toContain('publish/2: publishing a shorter text, as ada approved');
    const rejected = await example.run(
      {},
      answering(() => ({ decision: 'reject', comment: 'not on a Friday' })),
    );
    expect(rejected.summary.jobs['publish']?.steps['review']?.error).toMatchObject({
      code: 'REJECTED',
      message: expect.stringContaining('not on a Friday'),
    });
  });

  it('wait-for.yml refuses a payload that does not fit, and takes one that does', async () => {
    await using example = await open('wait-for.yml');
    let refused: unknown;
    const { summary, says } = await example.run({}, (notice, handle) => {
      if (notice.type !== 'awaiting') return;
      const pay = (payload: { readonly [name: string]: string | number }): void =>
        handle.operate({ kind: 'signal', signal: { name: notice.signal.name, by: 'shop', payload } });
      try {
        pay({ id: '12', amount: 'much' });
      } catch (error) {
        refused = error;
      }
      pay({ id: '12', amount: 9.5 });
    });
    expect(refused).toMatchObject({ error: { code: 'SIGNAL_REFUSED' } });
    expect(summary.status).toBe('success');
    expect(says).toContain('order/2: payment 12 over 9.5');
    const unpaid = await example.run({ inputs: { patience: '50ms' } });
    expect(unpaid.summary.jobs['order']?.error?.code).toBe('TIMEOUT');
    expect(unpaid.says).toContain('order/3: the goods are free again');
  });
});

describe('the examples of runs after and beside each other', () => {
  it('keep-workspace.yml goes on from the step that failed', async () => {
    await using example = await open('keep-workspace.yml');
    const first = await example.run();
    expect(statuses(first)).toEqual({ build: 'failure', publish: 'skipped' });
    const what = { kind: 'step', job: 'build', step: 'test' } as never; // The keys of the example.
    const second = await example.rerun(first, what, { inputs: { limit: '100' } });
    expect(statuses(second)).toEqual({ build: 'success', publish: 'success' });
    expect(second.summary.jobs['build']?.steps).toMatchObject({
      compile: { reused: true },
      test: { outcome: 'success' },
    });
    expect(second.says).toEqual(['build/test: 42 lines, at most 100', 'publish/0: published']);
  });

  it('concurrency.yml lets one run, and one cell, go on at a time', async () => {
    await using example = await open('concurrency.yml');
    const spans: string[] = [];
    const noting = () =>
      example.run({}, (notice) => {
        if (notice.type === 'log') spans.push(...notice.text.trim().split('\n'));
      });
    const both = await Promise.all([noting(), noting()]);
    expect(both.map(({ summary }) => summary.status)).toEqual(['success', 'success']);
    const one = ['migrating orders', 'migrated orders', 'migrating customers', 'migrated customers'];
    expect(spans).toEqual([...one, ...one]);
  });

  it('cancel-in-progress.yml lets the newest run end the one before', async () => {
    await using example = await open('cancel-in-progress.yml');
    const newest = Promise.withResolvers<Ran>();
    const first = await example.run({ inputs: { seconds: '600' } }, (notice) => {
      if (notice.type === 'step_started' && notice.step === '0') newest.resolve(example.run());
    });
    expect(first.summary.status).toBe('cancelled');
    expect(first.says).toEqual(['check/2: there is a newer run']);
    expect((await newest.promise).says).toEqual(['check/1: checked']);
  });
});

describe('examples/', () => {
  it('holds no file that no test runs', () => {
    const files = readdirSync(examples).filter((name) => name.endsWith('.yml') && !testedElsewhere.includes(name));
    expect(files.filter((file) => !opened.has(file))).toEqual([]);
  });
});
