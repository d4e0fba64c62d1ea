import { statisticOf } from '../../statistics.ts';
import type { Comparison, Row } from '../row.ts';
import { type BenchWorld, handQueues, openWorld } from '../world.ts';
import { stepsInARow, tell, time } from './step.ts';

const steps = 3;
/** It has one workflow and no claim. */
const share = 0.5;

/** Many short runs at once: how many come to their end in a second. */
export const throughput: Row = async (bench) => {
  await using world = await openWorld(bench);
  const runs = bench.short ? 40 : 200;
  await world.startAgent({ name: 'machine', queue: 'work', jobs: 100 });
  const taken = { waterflow: [] as number[], both: [] as number[], apart: [] as number[] };
  const rounds = bench.short ? 1 : 3;
  await submitted(world, 20);
  await byHand(world, 20);
  for (let round = 0; round < rounds; round += 1) {
    const found = {
      waterflow: await submitted(world, runs),
      both: await byHand(world, runs),
      apart: await byHand(world, runs, handQueues.apart),
    };
    taken.waterflow.push(found.waterflow);
    taken.both.push(found.both);
    taken.apart.push(found.apart);
    tell(bench, `round ${round + 1} of ${rounds}`, found);
  }
  const what = `${runs} runs of ${steps} steps`;
  return [
    compared(what, taken.waterflow, ['workflows whose own worker does it', taken.both]),
    compared(what, taken.waterflow, ['workflows, a worker on another queue', taken.apart]),
  ];
};

function compared(
  what: string,
  waterflow: readonly number[],
  [beside, samples]: readonly [string, readonly number[]],
): Comparison {
  return {
    what,
    unit: 'a second',
    waterflow,
    byHand: { what: beside, samples },
    budget: { text: `at least ${share}x`, least: share * statisticOf(samples, 'p50') },
  };
}

async function submitted(world: BenchWorld, runs: number): Promise<number> {
  const workflow = stepsInARow(steps);
  return await aSecond(runs, async () => world.succeeded(await world.submit(workflow)));
}

async function byHand(world: BenchWorld, runs: number, queue?: string): Promise<number> {
  return await aSecond(runs, async () => void (await (await world.byHand('inARow', steps, queue)).result()));
}

async function aSecond(runs: number, run: () => Promise<void>): Promise<number> {
  const ms = await time(async () => void (await Promise.all(Array.from({ length: runs }, run))));
  return (1000 * runs) / ms;
}
