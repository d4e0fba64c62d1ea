import { statisticOf } from '../../statistics.ts';
import type { Comparison, Row } from '../row.ts';
import { type BenchWorld, handQueues, openWorld } from '../world.ts';
import { stepsInARow, tell } from './step.ts';

/** Two workflows and a claim come before the step. */
const share = 2;

/** From the request that submits a run to the moment when its first step is there. */
export const start: Row = async (bench) => {
  await using world = await openWorld(bench);
  await world.startAgent({ name: 'machine', queue: 'work', jobs: 4 });
  const taken = { waterflow: [] as number[], both: [] as number[], apart: [] as number[] };
  const rounds = bench.short ? 5 : 40;
  for (let round = -2; round < rounds; round += 1) {
    const found = {
      waterflow: await submitted(world),
      both: await byHand(world),
      apart: await byHand(world, handQueues.apart),
    };
    if (round < 0) continue;
    taken.waterflow.push(found.waterflow);
    taken.both.push(found.both);
    taken.apart.push(found.apart);
    tell(bench, `round ${round + 1} of ${rounds}`, found);
  }
  return [
    compared(taken.waterflow, 'a workflow whose own worker does it', taken.both),
    compared(taken.waterflow, 'a workflow, a worker on another queue', taken.apart),
  ];
};

function compared(waterflow: readonly number[], what: string, samples: readonly number[]): Comparison {
  const most = share * statisticOf(samples, 'p50');
  return {
    what: 'from the submission to the first step',
    unit: 'ms',
    waterflow,
    byHand: { what, samples },
    budget: { text: `${share}x`, most },
  };
}

async function submitted(world: BenchWorld): Promise<number> {
  const begin = Date.now();
  const run = await world.submit(stepsInARow(1));
  await world.succeeded(run);
  const shown = (await world.ask(`/v1/workflows/${run}`)) as RunWithOutputs;
  return (shown.jobs['work']?.steps['0']?.outputs.at ?? Number.NaN) - begin;
}

/** What the API shows of a run of {@link stepsInARow}. */
interface RunWithOutputs {
  readonly jobs: Readonly<
    Record<string, { readonly steps: Readonly<Record<string, { readonly outputs: { readonly at: number } }>> }>
  >;
}

async function byHand(world: BenchWorld, queue?: string): Promise<number> {
  const begin = Date.now();
  const handle = await world.byHand('inARow', 1, queue);
  return Number(await handle.result()) - begin;
}
