/** What becomes of jobs where nobody takes them, or whose agent is gone for good, as users of a server see it. */
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { startAgentOf } from './agent-world.ts';
import { folderWith } from './command.ts';
import { needs } from './require.ts';
import { askServer, endedRun, type ServerProcess } from './server-process.ts';
import { beginServer, temporalPlace } from './temporal-world.ts';

/** Says whether its workspace is empty, and then goes on until somebody ends it, the first time. */
const outlasting = `
name: outlasting
on: { manual: { inputs: { file: { type: string } } } }
jobs:
  again:
    runs-on: work
    lost-after: 20s
    retry: { attempts: 2, initial-interval: 1s, on: lost }
    steps:
      - env: { FILE: "\${{ inputs.file }}" }
        run: |
          test -e left-behind || echo "the workspace is empty"
          touch left-behind
          test -e "$FILE" || sleep 600
  once:
    runs-on: work
    lost-after: 20s
    steps:
      - run: sleep 600
`;

const waiting = (timeout: string): string => `
name: waiting
on: manual
jobs:
  job:
    runs-on: nobody
    queue-timeout: ${timeout}
    steps:
      - run: echo here
`;

const isThere = await needs('temporal');
const namespaces = ['blocked', 'killed', 'draining', 'skewed'] as const;
const temporal = isThere ? await startTemporal({ namespaces }) : undefined;
afterAll(() => temporal?.[Symbol.asyncDispose]());

async function begin(namespace: (typeof namespaces)[number]) {
  if (temporal === undefined) throw new Error('there is no Temporal');
  const at = temporalPlace(temporal, { namespace, files: { 'waiting.yml': waiting('25s') } });
  const server = await beginServer(at);
  const agent = (name: string, options: { argv?: readonly string[]; env?: Readonly<Record<string, string>> } = {}) =>
    startAgentOf(
      { temporal },
      { name, argv: options.argv ?? [], env: { TEMPORAL_NAMESPACE: namespace, ...options.env } },
    );
  return { at, server, agent };
}

async function submitted(server: ServerProcess, workflow: string, inputs: object = {}): Promise<string> {
  const { body } = await askServer(server, '/v1/workflows', { workflow, inputs });
  return String(body['id']);
}

/** A run as the API shows it. */
interface Shown {
  readonly jobs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

async function jobOf(server: ServerProcess, run: string, job: string): Promise<unknown> {
  // As the API says.
  return ((await askServer(server, `/v1/workflows/${run}`)).body as unknown as Shown).jobs[job];
}

/** The events of a job, each with its reason, if it has one. */
async function eventsOf(server: ServerProcess, run: string, job: string): Promise<readonly string[]> {
  const text = await (await fetch(new URL(`/v1/workflows/${run}/events`, server.url))).text();
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { job?: string; type: string; event: { reason?: string } });
  return lines
    .filter((line) => line.job === job)
    .map(({ type, event: { reason } }) => (reason === undefined ? type : `${type}: ${reason}`));
}

async function agentsOf(server: ServerProcess): Promise<Readonly<Record<string, unknown>>> {
  // As the API says.
  const { agents } = (await askServer(server, '/v1/agents')).body as unknown as {
    readonly agents: readonly { name: string; state: string }[];
  };
  return Object.fromEntries(agents.map(({ name, state }) => [name, state]));
}

const soon = { timeout: 90_000 };

describe.skipIf(!isThere)('a job on Temporal', { timeout: 300_000 }, () => {
  it('that no agent takes is blocked, which whoever follows it is told, until its time is over', async () => {
    const { at, server, agent } = await begin('blocked');
    const following = at.place.start(server, 'submit', '--follow', 'waiting.yml');
    await following.complaining('no agent serves the queue nobody at the moment');
    await following.complaining('[job] blocked: no agent serves the queue nobody');
    const run = /run-[0-9a-z]{26}/u.exec(following.stderr)?.[0] ?? '';
    expect(await following.ended).toMatchObject({ code: 1 });
    expect(await endedRun(server, run)).toMatchObject({ status: 'failure', error: { code: 'QUEUE_TIMEOUT' } });
    expect(await eventsOf(server, run, 'job')).toEqual([
      'job_started',
      'queue_blocked: no agent serves the queue nobody',
      'timer_fired',
    ]);

    const patient = await submitted(server, waiting('1h'));
    await expect.poll(() => jobOf(server, patient, 'job'), soon).toMatchObject({ status: 'blocked' });
    await agent('late', { argv: ['--task-queues', 'nobody'] });
    expect(await endedRun(server, patient)).toMatchObject({ status: 'success' });
  });

  it('whose agent is killed for good is lost: its retry starts it elsewhere, in an empty workspace', async () => {
    const { server, agent } = await begin('killed');
    const folder = folderWith({});
    const file = `${folder}/again`;
    const { process } = await agent('mortal');
    const run = await submitted(server, outlasting, { file });
    const begun = async () => [await jobOf(server, run, 'again'), await jobOf(server, run, 'once')];
    const running = { status: 'running', agent: 'mortal', steps: { 0: { status: 'running' } } };
    await expect.poll(begun, soon).toMatchObject([running, running]);
    await agent('heir');
    process.kill('SIGKILL');
    await process.ended;
    writeFileSync(file, '');
    await expect.poll(() => jobOf(server, run, 'once'), soon).toMatchObject({ agent_suspect: true });
    // Its jobs are told first, and Temporal's lists are a moment behind.
    await expect.poll(() => agentsOf(server), soon).toEqual({ mortal: 'suspect', heir: 'online' });
    expect(await endedRun(server, run)).toMatchObject({
      jobs: {
        again: { status: 'success', attempts: 2, agent: 'heir' },
        once: { status: 'failure', attempts: 1, error: { code: 'AGENT_LOST' } },
      },
    });
    const events = await eventsOf(server, run, 'once');
    expect(events).toEqual([
      'job_started',
      'agent_claimed',
      'step_started',
      'agent_suspect',
      'agent_lost: the agent has not been heard of',
    ]);
  });

  it('is finished by an agent that is asked to stop, which takes no other one', async () => {
    const { server, agent } = await begin('draining');
    const folder = folderWith({});
    const { process } = await agent('leaving');
    const finishing = `
name: finishing
on: manual
jobs:
  job:
    runs-on: work
    steps:
      - run: touch ${folder}/begun; until test -e ${folder}/end; do sleep 0.1; done
`;
    const run = await submitted(server, finishing);
    await expect.poll(() => jobOf(server, run, 'job'), soon).toMatchObject({ steps: { 0: { status: 'running' } } });
    process.kill('SIGTERM');
    await expect.poll(() => agentsOf(server), soon).toEqual({ leaving: 'draining' });
    const other = await submitted(server, finishing);
    await expect.poll(() => jobOf(server, other, 'job'), soon).toMatchObject({ status: 'blocked' });
    writeFileSync(`${folder}/end`, '');
    expect(await endedRun(server, run)).toMatchObject({ status: 'success', jobs: { job: { agent: 'leaving' } } });
    expect(await process.ended).toMatchObject({ code: 0 });
    await expect.poll(() => agentsOf(server), soon).toEqual({});
    expect(await jobOf(server, other, 'job')).toMatchObject({ status: 'blocked' });
  });

  it('goes to the agent that came last under a name, whatever the clocks of their machines say', async () => {
    const { server, agent } = await begin('skewed');
    // It starts with a clock that is an hour ahead.
    const ahead = 'data:text/javascript,Date.now=(now=>()=>now()+3600000)(Date.now)';
    const first = await agent('twin', { env: { NODE_OPTIONS: `--import=${ahead}` } });
    await expect.poll(() => agentsOf(server), soon).toEqual({ twin: 'online' });
    const second = await agent('twin');
    expect(await first.process.ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('another agent took the name twin'),
    });
    const run = await submitted(
      server,
      'name: one\non: manual\njobs: { a: { runs-on: work, steps: [{ run: echo }] } }\n',
    );
    expect(await endedRun(server, run)).toMatchObject({ status: 'success' });
    second.process.kill('SIGTERM');
    expect(await second.process.ended).toMatchObject({ code: 0 });
  });
});
