import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { statisticOf } from '../../statistics.ts';
import { type Child, startNode } from '../child.ts';
import { childrenOf, type Memory, memoryOf } from '../memory.ts';
import type { Comparison, Row } from '../row.ts';
import { openWorld } from '../world.ts';
import { stepsInARow } from './step.ts';

/** What an agent may hold above a plain worker of Temporal's SDK, in MB. */
const aboveMb = 25;
const pollMs = 1000;
/** Both have settled by then. */
const idleMs = 20_000;

/** The memory of an agent that has nothing to do, beside that of a plain worker with two queues. */
export const idleAgent: Row = async (bench) => {
  await using world = await openWorld(bench);
  await using opened = new AsyncDisposableStack();
  const count = bench.short ? 1 : 3;
  const agents: Child[] = [];
  const workers: Child[] = [];
  const script = join(import.meta.dirname, '..', 'hand-written', 'worker.ts');
  for (let index = 0; index < count; index += 1) {
    agents.push(await world.startAgent({ name: `idle-${index}`, queue: `idle-${index}`, jobs: 4 }));
    const argv = [script, world.temporal.address, 'activities', `plain-${index}`, `plain-own-${index}`];
    workers.push(opened.use(await startNode(argv, { cwd: bench.scratch, ready: 'ready' })));
  }
  const fresh = await settled(agents, workers);
  bench.progress('before their first job: measured');
  for (const [index] of agents.entries()) {
    await world.succeeded(await world.submit(stepsInARow(3).replace('runs-on: work', `runs-on: idle-${index}`)));
    await (await world.byHand('inARow', 3, `plain-${index}`)).result();
  }
  const used = await settled(agents, workers);
  return [...compared('an idle agent', fresh), ...compared('an agent that is idle again', used)];
};

interface Measured {
  readonly agents: readonly Memory[];
  readonly workers: readonly Memory[];
}

function compared(what: string, { agents, workers }: Measured): readonly Comparison[] {
  return (['resident', 'private'] as const).map((kind) => {
    const samples = workers.map((memory) => memory[kind]);
    return {
      what: `${what}, ${kind}`,
      unit: 'MB',
      waterflow: agents.map((memory) => memory[kind]),
      byHand: { what: 'a plain worker of the SDK', samples },
      budget: { text: `+ ${aboveMb} MB`, most: statisticOf(samples, 'p50') + aboveMb },
    };
  });
}

/** Once no agent has a sandbox any more. */
async function settled(agents: readonly Child[], workers: readonly Child[]): Promise<Measured> {
  while (agents.some(({ pid }) => childrenOf(pid).length > 0)) await setTimeout(pollMs);
  await setTimeout(idleMs);
  return { agents: agents.map(({ pid }) => memoryOf(pid)), workers: workers.map(({ pid }) => memoryOf(pid)) };
}
