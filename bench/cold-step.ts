import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchAgent, openBenchAgent, type PluginKind } from './agent.ts';
import type { Bench, Figure } from './figure.ts';
import { bareNode, bareSpawn, type FloorProbe } from './floors/floors.ts';

const samples = 25;

/** The first step of a plugin that was never run: its folder is read and hashed, a host gets ready for it, and it runs. */
export async function coldStep(bench: Bench): Promise<readonly Figure[]> {
  await using node = bareNode();
  await using spawned = bareSpawn();
  const floors = [node, spawned];
  return [
    await measure(bench, { kind: 'echo', spares: 0, most: 120, floors }),
    await measure(bench, { kind: 'echo-wasm', spares: 0, most: 120, floors }),
    await measure(bench, { kind: 'echo', spares: 1, most: 30, floors }),
    await measure(bench, { kind: 'echo-wasm', spares: 1, most: 30, floors }),
  ];
}

async function measure(
  bench: Bench,
  options: {
    readonly kind: PluginKind;
    readonly spares: 0 | 1;
    readonly most: number;
    readonly floors: readonly FloorProbe[];
  },
): Promise<Figure> {
  const { kind, spares, most, floors } = options;
  // The first two aren't counted: they take the host that measured the level, and load what every plugin needs.
  const names = Array.from({ length: samples + 2 }, (_, index) => `${kind}-${index}`);
  const runtime = kind === 'echo' ? 'isolate' : 'wasm';
  await using agent = await openBenchAgent(join(bench.scratch, `${kind}-${spares}`), {
    approved: names,
    // A host that served one step ends, so that each step finds the same.
    pool: { spares: { isolate: 0, wasm: 0, [runtime]: spares }, recycle_after_calls: 1 },
  });
  const taken: number[] = [];
  for (const name of names) {
    agent.plugin(kind, name);
    await hostsReady(agent, { runtime, spares });
    for (const floor of floors) await floor.sample();
    taken.push(await agent.step({ plugin: name, calls: 1 }));
  }
  const host = spares === 0 ? 'process start included' : 'warm spare';
  bench.progress(`${kind}, ${host}: ${samples} first steps`);
  return {
    what: `first step, ${kind === 'echo' ? 'isolate' : 'WASM'}, ${host}`,
    unit: 'ms',
    samples: taken.slice(2),
    floors: floors.map(({ floor }) => floor),
    budgets: [{ statistic: 'p50', most }],
  };
}

/** Waits until the hosts of earlier steps are gone and the spares are there. */
async function hostsReady(
  agent: BenchAgent,
  wanted: { readonly runtime: 'isolate' | 'wasm'; readonly spares: number },
): Promise<void> {
  const pollMs = 20;
  const giveUpAt = performance.now() + 20_000;
  for (;;) {
    const hosts = agent.supervisor.hosts();
    const spare = hosts.filter(({ calls, runtime }) => calls === 0 && runtime === wanted.runtime).length;
    const used = hosts.filter(({ calls }) => calls > 0).length;
    if (used === 0 && spare >= wanted.spares) return;
    if (performance.now() > giveUpAt) throw new Error(`no spare host: ${JSON.stringify(hosts)}`);
    await sleep(pollMs);
  }
}
