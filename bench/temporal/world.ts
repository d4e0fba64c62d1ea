import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { startTemporal, type TestTemporal } from '../../engine/temporal/testing/temporal-server.ts';
import { type BenchServer, handedTo, ready, sourceLauncher } from '../server/process.ts';
import { type Child, startNode } from './child.ts';
import { buildHandWritten } from './hand-written/build.ts';
import type { RowBench } from './row.ts';

/** Temporal, a server and agents as their operators start them, and beside them what somebody writes by hand: each a process. */
export interface BenchWorld extends AsyncDisposable {
  readonly temporal: TestTemporal;
  readonly client: Client;
  /** Starts `waterflow agent`, which takes so many jobs at a time from a queue; resolves when it does. */
  readonly startAgent: (agent: BenchAgentOptions) => Promise<Child>;
  /** Starts plain workers for these queues of activities, in a process of their own, each over a connection of its own. */
  readonly startMachines: (queues: readonly string[]) => Promise<Child>;
  /** Submits a workflow file's text; gives the id of its run. */
  readonly submit: (workflow: string, inputs?: Readonly<Record<string, unknown>>) => Promise<string>;
  /** Resolves when a run's workflow is closed. Throws where the run hasn't succeeded. */
  readonly succeeded: (run: string) => Promise<void>;
  /** Where the server answers, what of every request, and its processes. */
  readonly server: Pick<BenchServer, 'url' | 'headers' | 'pid' | 'launcherPid'>;
  /** The program of a worker of what is written by hand. */
  readonly handWorker: string;
  /** Of the process that carries out workflows that are written by hand, and their activities. */
  readonly handWorkerPid: number;
  /** Asks the server, with a body by POST. */
  readonly ask: (path: string, body?: unknown) => Promise<unknown>;
  /** What a run did, in order. */
  readonly events: (run: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Starts a workflow of those that are written by hand. */
  readonly byHand: (workflow: HandWritten, ...args: readonly unknown[]) => Promise<WorkflowHandle>;
  /** The folder that agents of this world take plugins from, and the policy that lets them. */
  readonly pluginDir: string;
  readonly policy: string;
}

/** The workflows that are written by hand. */
export type HandWritten = 'inARow' | 'atOnce' | 'scriptsInARow' | 'scriptsAtOnce';

/** An agent that is to be started. */
export interface BenchAgentOptions {
  readonly name: string;
  readonly queue: string;
  readonly jobs: number;
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The queues of what is written by hand: of a worker for both, and of one on the machine where the work happens. */
export const handQueues = { both: 'hand-written', apart: 'hand-written-apart' } as const;

/** A namespace that nobody uses yet: of another server, or of workers that come and go. */
export const spareNamespace = 'spare';

const apiKey = 'a-key-of-the-bench-0123456789abcdef';
/** What would refuse a load that comes from one client; everything else is as it is by default. */
const serverConfig = 'limits:\n  requests-per-minute: 0\n';

const policyText = `version: 1
require: { confinement: 1 }
rules:
  - plugin: built-in
    allow: requested
    profile: host
    reason: as the shipped policy has it
  - plugin: now
    allow: requested
    reason: the plugin of the bench
`;

/** What a world is opened with; the launcher is that of the sources, unless another one is named. */
export type WorldOptions = Pick<RowBench, 'scratch' | 'progress'> & { readonly launcher?: string };

/** Brings it up. */
export async function openWorld({ scratch, progress, launcher = sourceLauncher }: WorldOptions): Promise<BenchWorld> {
  await using opening = new AsyncDisposableStack();
  const temporal = opening.use(await startTemporal({ namespaces: [spareNamespace] }));
  const connection = await Connection.connect({ address: temporal.address });
  opening.defer(() => connection.close());
  const client = new Client({ connection });
  const { pluginDir, policy } = writeFiles(scratch);
  const env = { TEMPORAL_HOST: temporal.address, API_KEY: apiKey, PLUGIN_DIR: pluginDir };
  const state = join(scratch, 'server');
  const argv = ['server', '--state', state, '--port', '0', '--config', join(scratch, 'server.yaml'), '--json'];
  const server = opening.use(await startNode([launcher, ...argv], { cwd: scratch, env, ready: '"url":' }));
  const url = String((JSON.parse(server.line) as { readonly url?: unknown }).url);
  await ready(new URL('/readyz', url));
  const handWorker = await buildHandWritten(join(scratch, 'hand-written'));
  const startHand = (does: string, queue: string) =>
    startNode([handWorker, temporal.address, does, queue], { cwd: scratch, ready: 'ready' });
  const hand = opening.use(await startHand('workflows', handQueues.both));
  opening.use(await startHand('activities', handQueues.apart));
  const agentKey = newAgentKey(launcher, state, scratch);
  progress('Temporal, the server and the workers are there');
  const ask = (path: string, body?: unknown) => askServer(url, path, body);
  const agents = opening.use(new AsyncDisposableStack());
  const running = opening.move();
  let handles = 0;
  return {
    temporal,
    client,
    pluginDir,
    policy,
    server: { url, headers: { authorization: `Bearer ${apiKey}` }, pid: handedTo(server.pid), launcherPid: server.pid },
    handWorker,
    handWorkerPid: hand.pid,
    ask,
    startAgent: async ({ name, queue, jobs, env: more = {} }) => {
      const argv = ['agent', '--name', name, '--task-queues', `${queue}=${jobs}`, '--policy', policy];
      const folder = join(scratch, `agent-${name}`);
      const settings = {
        TEMPORAL_HOST: temporal.address,
        PLUGIN_DIR: pluginDir,
        WATERFLOW_SERVER_URL: url,
        WATERFLOW_AGENT_KEY: agentKey,
        ...more,
      };
      const options = { cwd: scratch, env: settings, ready: 'takes jobs' };
      return agents.use(await startNode([launcher, ...argv, '--state', folder], options));
    },
    startMachines: async (queues) =>
      agents.use(
        await startNode([handWorker, temporal.address, 'machines', ...queues], { cwd: scratch, ready: 'ready' }),
      ),
    events: async (run) => {
      const lines = await askText(url, `/v1/workflows/${run}/events`);
      const texts = lines.split('\n').filter((line) => line !== '');
      return texts.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    },
    submit: async (workflow, inputs = {}) => {
      const { id } = (await ask('/v1/workflows', { workflow, inputs })) as { readonly id: string };
      return id;
    },
    succeeded: async (run) => {
      // A row of the server may come a moment before its workflow does.
      while (!(await isThere(client, run))) continue;
      await client.workflow.getHandle(run).result();
      const { status } = (await ask(`/v1/workflows/${run}`)) as { readonly status: string };
      if (status !== 'success') throw new Error(`${run}: ${JSON.stringify(await ask(`/v1/workflows/${run}`))}`);
    },
    byHand: (workflow, ...args) => {
      handles += 1;
      return client.workflow.start(workflow, {
        workflowId: `by-hand-${handles}`,
        taskQueue: handQueues.both,
        args: [...args],
      });
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Writes the bench's plugin, a policy that lets it, and a server's configuration; where the first two are. */
export function writeFiles(scratch: string): { readonly pluginDir: string; readonly policy: string } {
  const pluginDir = join(scratch, 'plugins');
  mkdirSync(pluginDir, { recursive: true });
  cpSync(join(import.meta.dirname, '..', 'plugins', 'now'), join(pluginDir, 'now'), { recursive: true });
  const policy = join(scratch, 'policy.yaml');
  writeFileSync(policy, policyText);
  writeFileSync(join(scratch, 'server.yaml'), serverConfig);
  return { pluginDir, policy };
}

function newAgentKey(launcher: string, state: string, cwd: string): string {
  const argv = [launcher, 'keys', 'new', '--name', 'bench', '--role', 'agent', '--tenant', '*', '--state', state];
  const { stdout, stderr } = spawnSync(process.execPath, argv, { cwd, encoding: 'utf8' });
  const key = /wf_\w{8}_[\w-]{43}/u.exec(stdout)?.[0];
  if (key === undefined) throw new Error(`no key was made: ${stderr}`);
  return key;
}

async function askServer(url: string, path: string, body?: unknown): Promise<unknown> {
  return JSON.parse(await askText(url, path, body));
}

async function askText(url: string, path: string, body?: unknown): Promise<string> {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(new URL(path, url), { ...post, headers });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return text;
}

async function isThere(client: Client, workflow: string): Promise<boolean> {
  return await client.workflow
    .getHandle(workflow)
    .describe()
    .then(
      () => true,
      () => false,
    );
}
