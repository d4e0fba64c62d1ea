import { statisticOf } from '../../statistics.ts';
import type { Comparison, Row, RowBench } from '../row.ts';
import { type BenchWorld, handQueues, openWorld } from '../world.ts';

/** The lengths of the runs whose difference is what a step costs. */
const few = 10;
const many = 60;
/** The share of a hand-written activity that a step may cost, and what its sandbox may, in ms. */
const share = 1.3;
const sandboxMs = 5;

/** What one more step in a run costs, beside one more activity in a workflow. */
export const step: Row = async (bench) => {
  await using world = await openWorld(bench);
  await world.startAgent({ name: 'machine', queue: 'work', jobs: 4 });
  const taken = { waterflow: [] as number[], both: [] as number[], apart: [] as number[] };
  const rounds = bench.short ? 3 : 12;
  for (let round = -1; round < rounds; round += 1) {
    const found = await slopes(world);
    // The first round warms everything up.
    if (round < 0) continue;
    taken.waterflow.push(found.waterflow);
    taken.both.push(found.both);
    taken.apart.push(found.apart);
    tell(bench, `round ${round + 1} of ${rounds}`, found);
  }
  return [
    compared(taken.waterflow, 'an activity by the worker of the workflow', taken.both),
    compared(taken.waterflow, 'an activity by a worker on another queue', taken.apart),
  ];
};

function compared(waterflow: readonly number[], what: string, samples: readonly number[]): Comparison {
  const most = share * statisticOf(samples, 'p50') + sandboxMs;
  return {
    what: 'a trivial step in its sandbox',
    unit: 'ms',
    waterflow,
    byHand: { what, samples },
    budget: { text: `${share}x + ${sandboxMs} ms`, most },
  };
}

async function slopes(world: BenchWorld): Promise<{ waterflow: number; both: number; apart: number }> {
  const slope = async (run: (steps: number) => Promise<void>): Promise<number> => {
    const short = await time(() => run(few));
    return ((await time(() => run(many))) - short) / (many - few);
  };
  return {
    waterflow: await slope(async (steps) => world.succeeded(await world.submit(stepsInARow(steps)))),
    both: await slope(async (steps) => void (await (await world.byHand('inARow', steps)).result())),
    apart: await slope(async (steps) => void (await (await world.byHand('inARow', steps, handQueues.apart)).result())),
  };
}

/** One job of so many steps that do nothing. */
export function stepsInARow(count: number): string {
  const steps = Array.from({ length: count }, () => '      - uses: now@v1');
  return ['name: steps', 'on: manual', 'jobs:', '  work:', '    runs-on: work', '    steps:', ...steps, ''].join('\n');
}

/** How long something takes, in ms. */
export async function time(action: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await action();
  return performance.now() - begin;
}

/** Says what was found. */
export function tell({ progress }: RowBench, what: string, found: Readonly<Record<string, number>>): void {
  const texts = Object.entries(found).map(([name, value]) => `${name} ${value.toFixed(1)}`);
  progress(`${what}: ${texts.join(', ')}`);
}
