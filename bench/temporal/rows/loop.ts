import { statisticOf } from '../../statistics.ts';
import type { Row } from '../row.ts';
import { type BenchWorld, openWorld } from '../world.ts';

/** How much more an iteration may cost at the end than at the beginning. */
const share = 1.3;
const mostHistoryKb = 1024;
/** Iterations whose cost is told as one sample. */
const window = 100;

/** A loop of very many iterations beside a step that takes long: it ends, no history grows long, and an iteration costs at the end what it did before. */
export const loop: Row = async (bench) => {
  await using world = await openWorld(bench);
  await world.startAgent({ name: 'machine', queue: 'work', jobs: 4 });
  const [iterations, seconds] = bench.short ? [600, 20] : [10_000, 600];
  const items = JSON.stringify(Array.from({ length: iterations }, (_, index) => index));
  const run = await world.submit(workflow(seconds), { items });
  const telling = setInterval(() => void tellSizes(world, run, bench.progress), 30_000);
  try {
    await world.succeeded(run);
  } finally {
    clearInterval(telling);
  }
  const costs = await costsOf(world, run);
  const part = Math.max(1, Math.floor(costs.length / 10));
  const [first, last] = [costs.slice(1, 1 + part), costs.slice(-part)];
  const histories = await historiesOf(world, run);
  bench.progress(`${iterations} iterations, ${histories.length} executions`);
  const most = share * statisticOf(first, 'p50');
  return [
    {
      what: `an iteration, the last tenth of ${iterations}`,
      unit: 'ms',
      waterflow: last,
      byHand: { what: 'the first tenth', samples: first },
      budget: { text: `${share}x`, most },
    },
    {
      what: 'the longest history of an execution',
      unit: 'KB',
      waterflow: histories,
      statistic: 'max',
      budget: { text: `${mostHistoryKb} KB`, most: mostHistoryKb },
    },
  ];
};

function workflow(seconds: number): string {
  return `name: loop
on: { manual: { inputs: { items: { type: string, required: true } } } }
jobs:
  long:
    runs-on: work
    steps:
      - run: sleep ${seconds}
  loop:
    runs-on: work
    steps:
      - uses: for-each@v1
        with:
          items: \${{ fromJSON(inputs.items) }}
          steps:
            - uses: now@v1
`;
}

interface StepEvent {
  readonly type: string;
  readonly at: string;
  readonly job?: string;
}

/** What an iteration took in each window of them, in ms, in their order. */
async function costsOf(world: BenchWorld, run: string): Promise<readonly number[]> {
  const ends = (await world.events(run)).filter(
    ({ type, job }) => type === 'step_finished' && job === 'loop',
  ) as unknown as readonly StepEvent[];
  const times = ends.map(({ at }) => Date.parse(at)).toSorted((one, other) => one - other);
  const costs: number[] = [];
  for (let index = window; index < times.length; index += window) {
    costs.push(((times[index] ?? 0) - (times[index - window] ?? 0)) / window);
  }
  return costs;
}

/** The histories of all executions of a run and its jobs, in KB. */
async function historiesOf({ client }: BenchWorld, run: string): Promise<readonly number[]> {
  const sizes: number[] = [];
  for (const workflow of [run, `${run}/long`, `${run}/loop`]) {
    for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflow}'` })) {
      const { raw } = await client.workflow.getHandle(workflow, runId).describe();
      sizes.push(Number(raw.workflowExecutionInfo?.historySizeBytes ?? 0) / 1024);
    }
  }
  return sizes;
}

async function tellSizes(world: BenchWorld, run: string, progress: (text: string) => void): Promise<void> {
  const histories = await historiesOf(world, run);
  progress(`${histories.length} executions, the longest history ${Math.max(...histories).toFixed(0)} KB`);
}
