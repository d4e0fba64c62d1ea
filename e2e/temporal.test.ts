/** A server on Temporal and an agent, each a process of its own. */
import { afterAll, describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import type { Ended } from './command.ts';
import { needs } from './require.ts';
import { askServer, begunStep, endedRun, portOf } from './server-process.ts';
import { beginAgent, beginServer, temporalPlace } from './temporal-world.ts';

const greeting = `
name: greeting
on: manual
jobs:
  work:
    runs-on: work
    steps:
      - run: echo "hello from a queue"
`;

const approved = `
name: approved
on: manual
jobs:
  work:
    runs-on: work
    steps:
      - run: echo before
      - uses: approval@v1
        with: { message: Go on?, timeout: 1h }
      - run: echo after
`;

const endless = `
name: endless
on: manual
jobs:
  work:
    runs-on: work
    steps:
      - run: echo begun; sleep 300
      - if: always()
        run: echo tidied
`;

const slow = `
name: slow
on: manual
jobs:
  work:
    runs-on: work
    steps:
      - run: for n in 1 2 3 4; do echo "line $n"; sleep 1; done
      - run: echo over
`;

const unserved = greeting.replaceAll('runs-on: work', 'runs-on: nobody');

const files = {
  'greeting.yml': greeting,
  'approved.yml': approved,
  'endless.yml': endless,
  'slow.yml': slow,
  'unserved.yml': unserved,
};

const runIn = ({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): string =>
  /run-[0-9a-z]{26}/u.exec(stdout + stderr)?.[0] ?? '';

const isThere = await needs('temporal');
const namespaces = ['runs', 'operations', 'queues', 'kills'] as const;
const temporal = isThere ? await startTemporal({ namespaces }) : undefined;
afterAll(() => temporal?.[Symbol.asyncDispose]());

/** A server and an agent in a namespace. */
async function begin(namespace: (typeof namespaces)[number]) {
  if (temporal === undefined) throw new Error('there is no Temporal');
  const at = temporalPlace(temporal, { namespace, files });
  const server = await beginServer(at);
  await beginAgent(at, server);
  const command = (...argv: readonly string[]): Promise<Ended> => at.place.command(server, ...argv);
  return { at, server, command };
}

describe.skipIf(!isThere)('a server on Temporal', () => {
  it('has an agent run what is submitted, and shows it with its log, the agent and the queue', async () => {
    const { server, command } = await begin('runs');
    const followed = await command('submit', '--follow', 'greeting.yml');
    expect(followed).toMatchObject({ code: 0, stdout: expect.stringContaining('success') });
    const run = runIn(followed);
    expect((await command('logs', run)).stdout).toContain('hello from a queue');
    expect((await command('list')).stdout).toMatch(new RegExp(`${run}\\s+success`, 'u'));
    // A run is over before its agent has been told to clean up.
    const agents = async () => (await askServer(server, '/v1/agents')).body;
    await expect
      .poll(agents)
      .toMatchObject({ agents: [{ name: 'agent-of-runs', queues: ['work'], slots: { total: 2, used: 0 } }] });
    expect((await askServer(server, '/v1/queues')).body).toMatchObject({ queues: [{ name: 'work', pollers: 1 }] });
  });

  it('takes approvals and cancellations', async () => {
    const { server, command } = await begin('operations');
    const waiting = runIn(await command('submit', 'approved.yml'));
    const statusOf = async () => (await askServer(server, `/v1/workflows/${waiting}`)).body['status'];
    await expect.poll(statusOf).toBe('waiting');
    expect(await command('approve', waiting)).toMatchObject({ code: 0 });
    expect(await endedRun(server, waiting)).toMatchObject({ status: 'success' });

    const going = runIn(await command('submit', 'endless.yml'));
    await begunStep(server, going, '0');
    expect(await command('cancel', going)).toMatchObject({ code: 0 });
    expect(await endedRun(server, going)).toMatchObject({ status: 'cancelled' });
  });

  it('warns of a queue that no agent serves', async () => {
    const { command } = await begin('queues');
    const submitted = await command('submit', 'unserved.yml');
    expect(submitted).toMatchObject({ code: 0, stderr: expect.stringContaining('no agent serves the queue nobody') });
    expect(await command('terminate', runIn(submitted))).toMatchObject({ code: 0 });
  });

  it('loses nothing of a run when it is killed meanwhile', async () => {
    const { at, server, command } = await begin('kills');
    const run = runIn(await command('submit', 'slow.yml'));
    await begunStep(server, run, '0');
    server.process.kill('SIGKILL');
    await server.process.ended;
    const next = await beginServer(at, { port: portOf(server) });
    expect(await endedRun(next, run)).toMatchObject({ status: 'success' });
    const { stdout } = await at.place.command(next, 'logs', run);
    expect(stdout.match(/line \d|over/gu)).toEqual(['line 1', 'line 2', 'line 3', 'line 4', 'over']);
  });
});
