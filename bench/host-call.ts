import { join } from 'node:path';
import { openBenchAgent, type PluginKind } from './agent.ts';
import type { Bench, Figure } from './figure.ts';
import { bareRoundTrip, type FloorProbe } from './floors/floors.ts';

const samples = 30;
const few = 50;
const many = 1050;

/**
 * A granted host call, `fs.stat`: out of the guest, through authorize() and the audit log, carried out, and back. The time of
 * a step with few calls is taken off that of a step with many.
 */
export async function hostCall(bench: Bench): Promise<readonly Figure[]> {
  await using floor = await bareRoundTrip();
  return [await measure(bench, 'echo', floor), await measure(bench, 'echo-wasm', floor)];
}

async function measure(bench: Bench, kind: PluginKind, floor: FloorProbe): Promise<Figure> {
  await using agent = await openBenchAgent(join(bench.scratch, kind), { approved: [kind] });
  agent.plugin(kind, kind);
  for (let each = 0; each < 3; each += 1) await agent.step({ plugin: kind, calls: many });
  const taken: number[] = [];
  while (taken.length < samples) {
    const short = await agent.step({ plugin: kind, calls: few });
    const long = await agent.step({ plugin: kind, calls: many });
    taken.push((long - short) / (many - few));
    await floor.sample();
  }
  const runtime = kind === 'echo' ? 'isolate' : 'WASM';
  bench.progress(`${runtime}: ${samples} times ${many} host calls`);
  return {
    what: `host call, ${runtime}`,
    unit: 'ms',
    samples: taken,
    floors: [floor.floor],
    budgets: [{ statistic: 'p50', most: 0.15 }],
    note: `fs.stat of a file in the workspace; each sample is the mean of ${many - few} calls`,
  };
}
