/** Every example without a plugin of its own, by `waterflow submit --follow`: on three agents of different queues the same comes of it as on one machine. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { docker, importTestImage, testImage } from '../runtime/capabilities/docker/testing/images.ts';
import type { JsonObject } from '../schemas/index.ts';
import { root } from './command.ts';
import { promises, testedWithServers } from './example-promises.ts';
import { exclusive } from './exclusive.ts';
import {
  awaitsSomebody,
  type Followed,
  type FollowedExample,
  type Outcome,
  User,
  usesLocalPlugins,
  withoutPlaceAndTime,
} from './followed-examples.ts';
import { needs } from './require.ts';
import { serverPlace } from './server-process.ts';
import { beginWithAgents, newApiKey } from './temporal-agents.ts';

const isThere = await needs('temporal');
const hasDocker = await needs('docker');
const hasCompose = hasDocker && (await needs('compose')) && (await needs('bwrap'));
const namespaces = ['alone', 'answered', 'rerun', 'beside', 'failing', 'fleet', 'docker', 'compose'] as const;
const temporal = isThere ? await startTemporal({ namespaces }) : undefined;
afterAll(() => temporal?.[Symbol.asyncDispose]());

const ada = { name: 'ada', role: 'admin' };

/** One for what names no queue, and two of a fleet, one of which has a queue of its own. */
const agents = { alpha: 'local=8', beta: 'web', gamma: 'gpu,web' };

/** Whoever runs examples on those agents. */
async function userOfAgents(namespace: (typeof namespaces)[number]): Promise<User> {
  if (temporal === undefined) throw new Error('there is no Temporal');
  const { at, server } = await beginWithAgents(temporal, { namespace, agents });
  return new User(server, await newApiKey(at, ada));
}

/** The same on this machine alone. */
async function userOfOneMachine(): Promise<User> {
  const place = serverPlace();
  const server = await place.begin();
  return new User(server, await newApiKey({ place }, ada));
}

// Without Docker nobody runs its example.
const ran = new Set<string>([
  ...testedWithServers,
  ...(hasDocker ? [] : ['docker-node.yml']),
  ...(hasCompose ? [] : ['docker-compose.yml']),
]);

/** So many examples go on at a time. */
const atATime = 4;

const nameOf = ({ file, given = {} }: FollowedExample): string => `${file} ${JSON.stringify(given)}`;

/** What comes of examples, by their file and what they are given. */
async function outcomesOf(
  user: User,
  examples: readonly FollowedExample[],
): Promise<Readonly<Record<string, Outcome>>> {
  const outcomes: Record<string, Outcome> = {};
  const left = examples.values();
  const work = async (): Promise<void> => {
    for (const example of left) {
      ran.add(example.file);
      outcomes[nameOf(example)] = await user.follow(example);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return outcomes;
}

function comparable(outcomes: Readonly<Record<string, Outcome>>): Readonly<Record<string, JsonObject>> {
  const hosts = Object.keys(agents);
  return Object.fromEntries(
    Object.entries(outcomes).map(([name, outcome]) => [name, withoutPlaceAndTime(outcome, hosts)]),
  );
}

/** The same of it on agents as on one machine. */
async function sameOutcomes(
  namespace: (typeof namespaces)[number],
  examples: readonly FollowedExample[],
): Promise<Readonly<Record<string, Outcome>>> {
  const [many, one] = await Promise.all([userOfAgents(namespace), userOfOneMachine()]);
  const [outcomes, expected] = await Promise.all([outcomesOf(many, examples), outcomesOf(one, examples)]);
  expect(comparable(outcomes)).toEqual(comparable(expected));
  return outcomes;
}

/** The fleet has other hosts on many machines. */
const promised = promises.filter(({ file }) => file !== 'deploy-fleet.yml');

const alone: readonly FollowedExample[] = [
  ...promised,
  { file: 'run-name.yml', given: { inputs: { tag: 'v3' } } },
  { file: 'secrets.yml', given: { secrets: { API_TOKEN: 'not-a-real-one' } } },
  { file: 'job-retry.yml' },
  { file: 'continue-on-error.yml' },
  { file: 'continue-on-error.yml', given: { inputs: { strict: 'true' } } },
  { file: 'timeouts.yml', given: { inputs: { patience: '1' } } },
  { file: 'matrix-fail-fast.yml', given: { inputs: { 'fail-fast': 'false' } } },
  { file: 'for-each.yml', given: { inputs: { bad: 'south' } } },
];

/** Asks for something with a command, which does it. */
async function asks({ user }: Followed, ...argv: readonly string[]): Promise<void> {
  expect(await user.command(...argv)).toMatchObject({ code: 0, stderr: '' });
}

/** Answers what the run waits for, one after the other. */
const answering =
  (...answers: readonly (readonly string[])[]) =>
  async (followed: Followed): Promise<void> => {
    for (const [verb = '', ...rest] of answers) {
      await awaitsSomebody(followed.user, followed.run);
      await asks(followed, verb, followed.run, ...rest);
    }
  };

const payment = (amount: string): readonly string[] => [
  'signal',
  'payment',
  '--payload',
  `{"id":"12","amount":${amount}}`,
];

const answered: readonly FollowedExample[] = [
  { file: 'environment-approval.yml', meanwhile: answering(['approve']) },
  {
    file: 'environment-approval.yml',
    given: { inputs: { approvers: '["ada"]' } },
    meanwhile: answering(['approve', '--reject']),
  },
  {
    file: 'approval.yml',
    meanwhile: answering(['approve', '--push-back', 'draft', '--comment', 'shorter'], ['approve']),
  },
  {
    file: 'wait-for.yml',
    meanwhile: async (followed) => {
      await awaitsSomebody(followed.user, followed.run);
      const [verb = '', ...rest] = payment('"much"');
      const refused = await followed.user.command(verb, followed.run, ...rest);
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('SIGNAL_REFUSED') });
      await answering(payment('9.5'))(followed);
    },
  },
  { file: 'wait-for.yml', given: { inputs: { patience: '50ms' } } },
  {
    file: 'cancellation.yml',
    meanwhile: async (followed) => {
      await followed.process.saying('"text":"working"');
      await asks(followed, 'cancel', followed.run, '--reason', 'enough');
    },
  },
];

/** Runs the example whose test fails, and runs that again with another limit. */
async function rerunOfKept(user: User): Promise<Readonly<Record<string, Outcome>>> {
  const outcomes = await outcomesOf(user, [{ file: 'keep-workspace.yml' }]);
  const [first] = Object.values(outcomes);
  const argv = ['--from', 'build/test', '--input', 'limit=100', '--follow', '--json'];
  const again = await user.outcome(await user.command('rerun', first?.run.id ?? '', ...argv));
  return { ...outcomes, again };
}

describe.skipIf(!isThere)('examples on agents of three queues', { timeout: 600_000 }, () => {
  it('end as they do on one machine, with the same outputs, logs and events', async () => {
    const outcomes = await sameOutcomes('alone', alone);
    for (const { file, given = {}, jobs, says } of promised) {
      const { code, run, says: said } = outcomes[nameOf({ file, given })] ?? {};
      expect({ file, code, run }).toMatchObject({
        code: 0,
        run: { status: 'success', jobs: Object.fromEntries(jobs.map((key) => [key, { status: 'success' }])) },
      });
      for (const line of says) expect(said?.join('\n')).toContain(line);
    }
  });

  it('do so too where somebody answers what they wait for, or cancels them', async () => {
    const outcomes = await sameOutcomes('answered', answered);
    expect(Object.fromEntries(Object.entries(outcomes).map(([name, { run }]) => [name, run.status]))).toEqual({
      'environment-approval.yml {}': 'success',
      'environment-approval.yml {"inputs":{"approvers":"[\\"ada\\"]"}}': 'failure',
      'approval.yml {}': 'success',
      'wait-for.yml {}': 'success',
      'wait-for.yml {"inputs":{"patience":"50ms"}}': 'failure',
      'cancellation.yml {}': 'cancelled',
    });
  });

  it('go on from the step that failed, in the workspace that an agent kept', async () => {
    const [many, one] = await Promise.all([userOfAgents('rerun'), userOfOneMachine()]);
    const [onMany, onOne] = await Promise.all([rerunOfKept(many), rerunOfKept(one)]);
    expect(comparable(onMany)).toEqual(comparable(onOne));
    expect(onMany).toMatchObject({
      'keep-workspace.yml {}': { code: 1 },
      again: {
        code: 0,
        run: { jobs: { build: { steps: { compile: { reused: true }, test: { outcome: 'success' } } } } },
      },
    });
  });

  it('take turns in their groups, and end those before them', async () => {
    const user = await userOfAgents('beside');
    const migrating = { file: 'concurrency.yml' };
    ran.add(migrating.file).add('cancel-in-progress.yml');
    const outcomes = await Promise.all([user.follow(migrating), user.follow(migrating)]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
    const [first, second] = outcomes.map(({ logged }) => logged).toSorted(([one = 0], [other = 0]) => one - other);
    expect(first).toHaveLength(4);
    expect(first?.at(-1)).toBeLessThanOrEqual(second?.[0] ?? 0);

    const newest = Promise.withResolvers<Outcome>();
    const superseded = await user.follow({
      file: 'cancel-in-progress.yml',
      given: { inputs: { seconds: '600' } },
      meanwhile: async ({ run }) => {
        const isAsleep = async (): Promise<boolean> =>
          (await user.ask(`/v1/workflows/${run}/events`)).includes('job_started');
        await expect.poll(isAsleep).toBe(true);
        user.follow({ file: 'cancel-in-progress.yml' }).then(newest.resolve, newest.reject);
      },
    });
    expect(superseded).toMatchObject({
      code: 1,
      run: { status: 'cancelled' },
      says: ['check/2: there is a newer run'],
    });
    expect(await newest.promise).toMatchObject({ code: 0, run: { status: 'success' }, says: ['check/1: checked'] });
  });

  it('end their other cells with one that fails, cut off what takes too long, and try that again', async () => {
    const outcomes = await outcomesOf(await userOfAgents('failing'), [
      { file: 'matrix-fail-fast.yml' },
      { file: 'timeouts.yml' },
      { file: 'retry-by-class.yml' },
    ]);
    expect(outcomes['timeouts.yml {}']).toMatchObject({
      code: 1,
      run: {
        jobs: {
          slow: { status: 'failure', steps: { work: { error: { code: 'TIMEOUT' } } } },
          optional: { status: 'success' },
        },
      },
      says: expect.arrayContaining(['slow/1: it was cut off, a failure']),
    });
    expect(outcomes['matrix-fail-fast.yml {}']).toMatchObject({
      code: 1,
      run: {
        status: 'failure',
        jobs: {
          'test (broken)': { status: 'failure' },
          'test (slow)': { status: 'cancelled' },
          'test (slower)': { status: 'cancelled' },
        },
      },
    });
    const { run } = outcomes['retry-by-class.yml {}'] ?? {};
    // A machine that is busy may take longer than the step has, once more.
    const attempts = expect.toSatisfy((count: number) => count > 2);
    const wrong = { outcome: 'failure', attempts: 1, error: { code: 'STEP_FAILED' } };
    expect(run).toMatchObject({ status: 'success', jobs: { classes: { steps: { hangs: { attempts }, wrong } } } });
  });

  it('deploy to a fleet, one host after the other, and to none behind a canary that fails', async () => {
    const fleet = 'deploy-fleet.yml';
    const outcomes = await outcomesOf(await userOfAgents('fleet'), [
      { file: fleet, given: { inputs: { version: 'v2' } } },
      { file: fleet, given: { inputs: { version: '' } } },
    ]);
    const [good, bad] = ['v2', ''].map((version) => outcomes[nameOf({ file: fleet, given: { inputs: { version } } })]);
    expect(good).toMatchObject({
      code: 0,
      run: {
        jobs: {
          'deploy @beta': { status: 'success', agent: 'beta', outputs: { version: 'v2', host: 'beta' } },
          'deploy @gamma': { status: 'success', agent: 'gamma', outputs: { version: 'v2', host: 'gamma' } },
          report: { status: 'success', agent: 'alpha' },
        },
      },
      says: [
        'deploy @beta/install: installing v2 on beta',
        'deploy @gamma/install: installing v2 on gamma',
        'report/0: the fleet ended in success on gamma, with v2, v2',
      ],
    });
    expect(bad).toMatchObject({
      code: 1,
      run: {
        jobs: {
          'deploy @beta': { status: 'failure', agent: 'beta', error: { code: 'STEP_FAILED' } },
          'deploy @gamma': { status: 'cancelled' },
          report: { status: 'success' },
        },
      },
      says: ['deploy @beta/install: installing  on beta', expect.stringContaining('the fleet ended in failure')],
    });
  });

  // The ids of what it makes are others each time, so there is nothing to compare it to.
  it.skipIf(!hasDocker)('go on with the containers of earlier steps', async () => {
    importTestImage();
    using _image = await exclusive('greeting');
    const example: FollowedExample = { file: 'docker-node.yml', given: { inputs: { image: testImage } } };
    const outcomes = Object.values(await outcomesOf(await userOfAgents('docker'), [example]));
    expect(outcomes).toMatchObject([
      { code: 0, says: expect.arrayContaining(['greeting/6: a greeting from the image, and a failure']) },
    ]);
    // The agent goes on; it removes what the run left when it lets go of its last job.
    const left = () => docker('ps', '--all', '--quiet', '--filter', 'ancestor=waterflow.example/greeting:1');
    await expect.poll(left, { timeout: 120_000 }).toBe('');
    docker('rmi', 'waterflow.example/greeting:1');
  });

  it.skipIf(!hasCompose)('ask services of a Compose file, and leave none', async () => {
    const image = 'waterflow.test/example-compose:2';
    importTestImage(image);
    const example: FollowedExample = { file: 'docker-compose.yml', given: { inputs: { image } } };
    const outcomes = Object.values(await outcomesOf(await userOfAgents('compose'), [example]));
    expect(outcomes).toMatchObject([
      { code: 0, says: expect.arrayContaining(['greeting/6: a greeting from a folder of 5 words, and a failure']) },
    ]);
    const left = () => docker('ps', '--all', '--quiet', '--filter', `ancestor=${image}`);
    await expect.poll(left, { timeout: 120_000 }).toBe('');
    docker('rmi', image);
  });

  it('are all there', () => {
    const files = readdirSync(join(root, 'examples')).filter(
      (name) => name.endsWith('.yml') && !usesLocalPlugins(name),
    );
    expect(files.filter((file) => !ran.has(file))).toEqual([]);
  });
});
