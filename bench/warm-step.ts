import { join } from 'node:path';
import { echoModule, openBenchAgent, type PluginKind } from './agent.ts';
import type { Bench, Budget, Figure } from './figure.ts';
import { bareExtism, bareIsolate, type FloorProbe } from './floors/floors.ts';

const samples = 1000;
/** Steps without a pause between them; the floor is measured after each batch. */
const batch = 25;
const floorSamples = 10;
/** V8 compiles what runs often, in the agent as well; these aren't counted. */
const warmUps = 100;

/** One step right after another, in a host that is there already: 1 KiB in and out, one granted and recorded host call, no journal. */
export async function warmStep(bench: Bench): Promise<readonly Figure[]> {
  await using isolate = await bareIsolate();
  await using extism = await bareExtism(echoModule);
  return [
    await measure(bench, { kind: 'echo', floor: isolate, budgets: [{ statistic: 'p50', most: 4 }, tail] }),
    await measure(bench, { kind: 'echo-wasm', floor: extism, budgets: [{ statistic: 'p50', most: 1.5 }, tail] }),
  ];
}

const tail: Budget = { statistic: 'p99', most: 15 };

async function measure(
  bench: Bench,
  options: { readonly kind: PluginKind; readonly floor: FloorProbe; readonly budgets: readonly Budget[] },
): Promise<Figure> {
  const { kind, floor, budgets } = options;
  await using agent = await openBenchAgent(join(bench.scratch, kind), { approved: [kind] });
  agent.plugin(kind, kind);
  for (let each = 0; each < warmUps; each += 1) await agent.step({ plugin: kind, calls: 1 });
  const taken: number[] = [];
  while (taken.length < samples) {
    for (let each = 0; each < batch; each += 1) taken.push(await agent.step({ plugin: kind, calls: 1 }));
    for (let each = 0; each < floorSamples; each += 1) await floor.sample();
    if (taken.length % 250 === 0) bench.progress(`${kind}: ${taken.length} of ${samples} steps`);
  }
  return {
    what: `warm step, ${kind === 'echo' ? 'isolate' : 'WASM'}, level ${agent.supervisor.level}`,
    unit: 'ms',
    samples: taken,
    floors: [floor.floor],
    budgets,
  };
}
