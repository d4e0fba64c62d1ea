import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Bench } from '../../figure.ts';
import { startTemporal } from '../../../engine/temporal/testing/temporal-server.ts';
import { startServer } from '../../server/process.ts';
import { startNode } from '../../temporal/child.ts';
import { type BenchWorld, handQueues, openWorld, spareNamespace } from '../../temporal/world.ts';
import { fibonacciCommand, type ScenarioName, sizes } from '../scenarios.ts';
import { type Contestant, type NotDone, type Opened, submissionsASecond, timed } from './contestant.ts';
import { mostResident, settled } from './memory.ts';
import { ownVersion, packageVersion } from './versions.ts';
import { runsOf } from './waterflow-runs.ts';

/** Jobs that the agent takes at a time: no fewer than the tasks of a fan-out that two processors have work for. */
const jobsAtOnce = 16;

/**
 * Waterflow's server and an agent on Temporal, and beside them, on the same Temporal, a worker of workflows that are written by hand against the
 * TypeScript SDK, which carries their activities out itself. Whoever comes first brings both up, whoever leaves last ends them.
 */
export function onTemporal(launcher: string): readonly [Contestant, Contestant] {
  let world: Promise<BenchWorld> | undefined;
  const opened = (bench: Bench): Promise<BenchWorld> =>
    (world ??= openWorld({ scratch: join(bench.scratch, 'world'), progress: bench.progress, launcher }));
  let left = 0;
  const leave = async (): Promise<void> => {
    left += 1;
    if (left === 2) await (await world)?.[Symbol.asyncDispose]();
  };
  return [
    {
      name: 'Waterflow on Temporal',
      open: async (bench) => await openWaterflow(await opened(bench), { ...bench, launcher }, leave),
    },
    { name: 'Temporal', open: async (bench) => await openByHand(await opened(bench), bench, leave) },
  ];
}

async function openWaterflow(
  world: BenchWorld,
  { scratch, launcher }: Bench & { readonly launcher: string },
  leave: () => Promise<void>,
): Promise<Opened> {
  const agent = await world.startAgent({ name: 'performance', queue: 'work', jobs: jobsAtOnce });
  const { does, fanOut } = runsOf(world.server);
  const pids = [world.server.launcherPid, agent.pid];
  let starts = 0;
  return {
    version: ownVersion(),
    does: {
      ...does,
      'server-start': async () => {
        starts += 1;
        const env = { TEMPORAL_HOST: world.temporal.address, TEMPORAL_NAMESPACE: spareNamespace };
        await using server = await startServer(join(scratch, 'on-temporal'), `fresh-${starts}`, { env, launcher });
        return server.readyMs;
      },
      'memory-idle': () => settled(pids),
      'memory-load': () => mostResident(pids, fanOut),
    },
    [Symbol.asyncDispose]: leave,
  };
}

async function openByHand(world: BenchWorld, { scratch }: Bench, leave: () => Promise<void>): Promise<Opened> {
  const toEnd =
    (...[workflow, ...args]: Parameters<BenchWorld['byHand']>) =>
    async (): Promise<number> =>
      await timed(async () => await (await world.byHand(workflow, ...args)).result());
  const fanOut = toEnd('scriptsAtOnce', sizes.fanOut, 'echo one');
  const script = (count: number, command: string) => toEnd('scriptsInARow', count, command);
  const startWorker = (queue: string) =>
    startNode([world.handWorker, world.temporal.address, 'workflows', queue], { cwd: scratch, ready: 'ready' });
  let queues = 0;
  const does: Partial<Record<ScenarioName, (() => Promise<number>) | NotDone>> = {
    'cold-start': () => timed(() => coldStart(world.handWorker, scratch)),
    'short-tasks': script(sizes.shortTasks, fibonacciCommand('short')),
    'long-tasks': script(sizes.longTasks, fibonacciCommand('long')),
    'three-steps': script(sizes.steps, 'echo one'),
    'fan-out': fanOut,
    chain: toEnd('inARow', sizes.chain),
    'submit-rate': async () => {
      const ids: string[] = [];
      const rate = await submissionsASecond(async () => {
        const workflowId = `submitted-${queues}-${ids.length}`;
        ids.push(workflowId);
        await world.client.workflow.start('inARow', { workflowId, taskQueue: 'nobody', args: [1] });
      });
      queues += 1;
      for (const id of ids) await world.client.workflow.getHandle(id).terminate();
      return rate;
    },
    'server-start': async () => {
      queues += 1;
      const start = performance.now();
      await using _ = await startWorker(`start-${queues}`);
      return performance.now() - start;
    },
    'memory-idle': async () => {
      queues += 1;
      await using worker = await startWorker(`idle-${queues}`);
      return await settled([worker.pid]);
    },
    'memory-load': () => mostResident([world.handWorkerPid], fanOut),
    'log-throughput': { absent: 'keeps no logs of activities' },
  };
  return { version: packageVersion('@temporalio/worker'), does, [Symbol.asyncDispose]: leave };
}

/** With nothing there: the development server, a worker, and a workflow of one script. */
async function coldStart(handWorker: string, cwd: string): Promise<void> {
  await using temporal = await startTemporal();
  const options = { cwd, ready: 'ready' };
  await using _ = await startNode([handWorker, temporal.address, 'workflows', handQueues.both], options);
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection });
  await client.workflow.execute('scriptsInARow', {
    workflowId: 'cold',
    taskQueue: handQueues.both,
    args: [1, 'echo one'],
  });
  await connection.close();
}
