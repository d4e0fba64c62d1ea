import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type BenchAgent, openBenchAgent, type PluginKind } from './agent.ts';
import type { Bench, Figure } from './figure.ts';
import { statisticOf } from './statistics.ts';

const samples = 300;
const rounds = 3;
const warmUps = 50;

/** A step of good will beside neighbours that take all that they can get: how much longer it takes than alone. */
export async function noisyNeighbour(bench: Bench): Promise<readonly Figure[]> {
  return [
    await measure(bench, { neighbour: 'spin', count: 1, what: 'step beside one that spins' }),
    await measure(bench, {
      neighbour: 'spin',
      count: availableParallelism(),
      what: `step beside ${availableParallelism()} that spin`,
    }),
    await measure(bench, { neighbour: 'flood', count: 1, what: 'step beside one that floods host calls' }),
  ];
}

interface Neighbours {
  readonly neighbour: PluginKind;
  readonly count: number;
  readonly what: string;
}

async function measure(bench: Bench, { neighbour, count, what }: Neighbours): Promise<Figure> {
  const ratios: number[] = [];
  const alone: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const folder = join(bench.scratch, `${neighbour}-${count}-${round}`);
    await using agent = await openBenchAgent(folder, { approved: ['echo', neighbour] });
    agent.plugin('echo', 'echo');
    agent.plugin(neighbour, neighbour);
    for (let each = 0; each < warmUps; each += 1) await agent.step({ plugin: 'echo', calls: 1 });
    const quiet = await take(agent);
    alone.push(...quiet);
    // They end with the agent, or when their calls are used up; then others take their place.
    const over = new AbortController();
    const noise = Array.from({ length: count }, async () => {
      while (!over.signal.aborted) await agent.step({ plugin: neighbour, calls: 0 }).catch(() => {});
    });
    const loud = await take(agent);
    over.abort();
    beside.push(...loud);
    ratios.push(statisticOf(loud, 'p50') / statisticOf(quiet, 'p50'));
    await agent[Symbol.asyncDispose]();
    await Promise.all(noise);
  }
  bench.progress(`${what}: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`);
  return {
    what,
    unit: 'x',
    samples: ratios,
    floors: [],
    budgets: [{ statistic: 'p50', most: 2 }],
    note: `p50 ${statisticOf(alone, 'p50').toFixed(2)} ms alone, ${statisticOf(beside, 'p50').toFixed(2)} ms beside; p99 ${statisticOf(alone, 'p99').toFixed(1)} and ${statisticOf(beside, 'p99').toFixed(1)} ms`,
  };
}

async function take(agent: BenchAgent): Promise<readonly number[]> {
  const taken: number[] = [];
  while (taken.length < samples) taken.push(await agent.step({ plugin: 'echo', calls: 1 }));
  return taken;
}
