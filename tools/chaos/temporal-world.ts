import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { startTemporal } from '../../engine/temporal/testing/temporal-server.ts';
import { RestartedProcess } from './process.ts';
import { startServer } from './server-member.ts';
import type { ChaosWorld, Victim } from './world.ts';

const agents = ['first', 'second', 'third'];
const launcher = join(import.meta.dirname, '..', '..', 'bin', 'waterflow');

/** A Temporal with its database in a file, a server and an engine, and three agents with two places each. */
export async function openTemporalWorld(folder: string): Promise<ChaosWorld> {
  await using opening = new AsyncDisposableStack();
  const temporal = opening.use(await startTemporal());
  const env = { TEMPORAL_HOST: temporal.address, HOME: folder };
  const { url, state, victim: server, process: serverProcess } = await startServer(folder, env);
  opening.defer(async () => void (await serverProcess.stop()));
  const worker = new RestartedProcess({
    argv: ['engine', '--config', join(folder, 'server.yaml'), '--state', state],
    env,
    ready: 'the engine carries out runs',
    log: join(folder, 'worker.log'),
  });
  await worker.start();
  opening.defer(async () => void (await worker.stop()));
  const key = agentKey(state, env);
  const started = await Promise.all(
    agents.map(async (name) => {
      const process = agentProcess(name, folder, { ...env, WATERFLOW_SERVER_URL: url, WATERFLOW_AGENT_KEY: key });
      await process.start();
      return { name, process };
    }),
  );
  const running = opening.move();
  return {
    engine: 'temporal',
    url,
    victims: [
      server,
      victimOf('worker', 'worker', worker),
      ...started.map(({ name, process }) => victimOf('agent', name, process)),
      {
        kind: 'temporal',
        name: 'temporal',
        kill: async () => {
          await temporal.stop('immediate');
          return [];
        },
        start: () => temporal.start(),
      },
    ],
    states: started.map(({ name }) => join(folder, name)),
    goesOn: (run) => openWorkflows(temporal.address, run),
    async end() {
      const left = [];
      for (const { process } of started) left.push(...(await process.stop()));
      left.push(...(await worker.stop()), ...(await serverProcess.stop()));
      await running.disposeAsync();
      return left;
    },
  };
}

/** Of a run, and of its jobs. */
async function openWorkflows(address: string, run: string): Promise<readonly string[]> {
  const connection = await Connection.connect({ address });
  try {
    const found: string[] = [];
    for await (const { workflowId } of new Client({ connection }).workflow.list({
      query: 'ExecutionStatus="Running"',
    })) {
      if (workflowId.startsWith(run)) found.push(`the workflow ${workflowId} still goes on`);
    }
    return found;
  } finally {
    await connection.close();
  }
}

function agentProcess(name: string, folder: string, env: Readonly<Record<string, string>>): RestartedProcess {
  const state = join(folder, name);
  mkdirSync(state, { recursive: true });
  return new RestartedProcess({
    argv: ['agent', '--name', name, '--task-queues', 'work=2', '--state', state],
    env: { ...env, HOME: state },
    ready: 'takes jobs',
    log: join(folder, `${name}.log`),
  });
}

function victimOf(kind: Victim['kind'], name: string, process: RestartedProcess): Victim {
  return { kind, name, kill: () => process.kill(), start: () => process.start() };
}

function agentKey(state: string, env: Readonly<Record<string, string>>): string {
  const argv = ['keys', 'new', '--name', 'agents', '--role', 'agent', '--state', state, '--json'];
  const options = { env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...argv], options);
  if (status !== 0) throw new Error(`no key could be made: ${stderr}`);
  const { key } = JSON.parse(stdout) as { readonly key: string }; // As `keys new --json` prints it.
  return key;
}
