import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { statisticOf } from '../../statistics.ts';
import { startNode } from '../child.ts';
import type { Comparison, Row, RowBench } from '../row.ts';
import { type BenchWorld, openWorld } from '../world.ts';
import { tell, time } from './step.ts';

const share = 3;
const processes = 4;
const pollMs = 200;

/** One step on each of very many agents, beside as many activities at once. */
export const fleet: Row = async (bench) => {
  await using world = await openWorld(bench);
  await using opened = new AsyncDisposableStack();
  const size = bench.short ? 20 : 100;
  const machines: string[] = [];
  for (let process = 0; process < processes; process += 1) {
    const names = Array.from({ length: size / processes }, (_, index) => `host-${process}-${index}`);
    opened.use(await startAgents(world, bench, names));
    const queues = names.map((name) => `by-hand/${name}`);
    await world.startMachines(queues);
    machines.push(...queues);
  }
  await known(world, size);
  bench.progress(`${size} agents are there`);
  const taken = { waterflow: [] as number[], both: [] as number[], apart: [] as number[] };
  const rounds = bench.short ? 2 : 7;
  for (let round = -1; round < rounds; round += 1) {
    const found = {
      waterflow: await time(async () => world.succeeded(await world.submit(workflow))),
      both: await time(
        async () =>
          void (await (
            await world.byHand(
              'atOnce',
              machines.map(() => null),
            )
          ).result()),
      ),
      apart: await time(async () => void (await (await world.byHand('atOnce', machines)).result())),
    };
    if (round < 0) continue;
    taken.waterflow.push(found.waterflow);
    taken.both.push(found.both);
    taken.apart.push(found.apart);
    tell(bench, `round ${round + 1} of ${rounds}`, found);
  }
  const what = `a step on each of ${size} agents`;
  return [
    compared(what, taken.waterflow, [`${size} activities at once, one worker`, taken.both]),
    compared(what, taken.waterflow, [`${size} activities at once, each on its machine`, taken.apart]),
  ];
};

const workflow = `name: fleet
on: manual
jobs:
  all:
    runs-on: { queue: work, hosts: all }
    steps:
      - uses: now@v1
`;

function compared(
  what: string,
  waterflow: readonly number[],
  [beside, samples]: readonly [string, readonly number[]],
): Comparison {
  const budget = { text: `${share}x`, most: share * statisticOf(samples, 'p50') };
  return { what, unit: 'ms', waterflow, byHand: { what: beside, samples }, budget };
}

async function startAgents(world: BenchWorld, { scratch }: RowBench, names: readonly string[]) {
  const folder = join(scratch, `agents-of-${names[0]}`);
  mkdirSync(folder, { recursive: true });
  const script = join(import.meta.dirname, '..', 'fleet-agents.ts');
  const { temporal, policy, pluginDir } = world;
  const argv = [script, temporal.address, folder, policy, pluginDir, 'work', ...names];
  return await startNode(['--max-semi-space-size=4', ...argv], { cwd: folder, ready: 'ready' });
}

/** Resolves when that many agents are shown to serve. */
async function known({ ask }: BenchWorld, size: number): Promise<void> {
  for (;;) {
    const { agents } = (await ask('/v1/agents')) as {
      readonly agents: readonly { readonly state: string }[];
    };
    if (agents.filter(({ state }) => state === 'online').length === size) return;
    await setTimeout(pollMs);
  }
}
