import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type BenchAgent, echoModule, openBenchAgent, type PluginKind } from './agent.ts';
import type { Bench, Figure } from './figure.ts';
import { bareExtism, bareMix, bareProcess, extismWorker, type FloorProbe, workerVm } from './floors/floors.ts';

const atOnce = 50;
const pluginsOfEach = 5;
const rounds = 20;
const warmUps = 3;
/** Of outputs, 1 MiB as JSON is the limit; the name and the quotes need a little of it. */
const largeText = 'x'.repeat(1024 * 1024 - 64);
const largeSamples = 60;
/** Of products that put a plugin elsewhere; each takes tens of milliseconds and more. */
const otherSamples = 10;
const busybox = 'busybox';

/** Fifty invocations at once of ten plugins, beside the same mix on the engines alone; and a mebibyte through a step. */
export async function throughput(bench: Bench): Promise<readonly Figure[]> {
  return [await mix(bench), await large(bench), await largeWasm(bench)];
}

async function mix(bench: Bench): Promise<Figure> {
  const names = (['echo', 'echo-wasm'] as const).flatMap((kind) =>
    Array.from({ length: pluginsOfEach }, (_, index) => ({ kind, name: `${kind}-${index}` })),
  );
  const approved = names.map(({ name }) => name);
  await using agent = await openBenchAgent(join(bench.scratch, 'mix'), { approved });
  for (const { kind, name } of names) agent.plugin(kind, name);
  await using bare = await bareMix(echoModule, atOnce);
  const others = await otherSandboxes();
  for (let each = 0; each < warmUps; each += 1) await allAtOnce(agent, approved);
  const ratios: number[] = [];
  const taken: number[] = [];
  while (ratios.length < rounds) {
    const milliseconds = await allAtOnce(agent, approved);
    await bare.sample();
    taken.push(milliseconds);
    ratios.push(milliseconds / (bare.floor.samples.at(-1) ?? milliseconds));
  }
  for (const other of others) {
    for (let each = 0; each < otherSamples; each += 1) await other.sample();
    await other[Symbol.asyncDispose]();
  }
  bench.progress(`${rounds} times ${atOnce} invocations: ${Math.min(...taken).toFixed(0)} ms at best`);
  return {
    what: `time of ${atOnce} at once, of 10 plugins, to bare engines`,
    unit: 'x',
    samples: ratios,
    floors: [bare.floor, ...others.map(({ floor }) => floor)],
    // A throughput of 0.6 of theirs.
    budgets: [{ statistic: 'p50', most: 1 / 0.6 }],
    note: `${Math.min(...taken).toFixed(0)} ms at best for ${atOnce}, each with one granted and recorded host call`,
  };
}

async function allAtOnce(agent: BenchAgent, plugins: readonly string[]): Promise<number> {
  const start = performance.now();
  const all = Array.from({ length: atOnce }, (_, index) =>
    agent.step({ plugin: plugins[index % plugins.length] ?? '', calls: 1 }),
  );
  await Promise.all(all);
  return performance.now() - start;
}

async function large(bench: Bench): Promise<Figure> {
  const samples = await takeLarge(bench, 'echo');
  return {
    what: '1 MiB in and out, isolate',
    unit: 'ms',
    samples,
    floors: [],
    budgets: [{ statistic: 'p50', most: 15 }],
  };
}

/** The plugin reads and writes its JSON itself, which takes most of the time: what is ours is above that. */
async function largeWasm(bench: Bench): Promise<Figure> {
  await using floor = await bareExtism(echoModule, largeText.length);
  const samples = await takeLarge(bench, 'echo-wasm', floor);
  return {
    what: '1 MiB in and out, WASM, above bare Extism',
    unit: 'ms',
    samples: samples.map((sample, index) => sample - (floor.floor.samples[index] ?? 0)),
    floors: [floor.floor],
    budgets: [{ statistic: 'p50', most: 15 }],
  };
}

async function takeLarge(bench: Bench, kind: PluginKind, floor?: FloorProbe): Promise<readonly number[]> {
  await using agent = await openBenchAgent(join(bench.scratch, `large-${kind}`), { approved: [kind] });
  agent.plugin(kind, kind);
  const taken: number[] = [];
  for (let each = 0; each < warmUps; each += 1) await agent.step({ plugin: kind, calls: 0, text: largeText });
  while (taken.length < largeSamples) {
    taken.push(await agent.step({ plugin: kind, calls: 0, text: largeText }));
    await floor?.sample();
  }
  bench.progress(`${kind}: ${largeSamples} steps of a mebibyte`);
  return taken;
}

/** What others run plugins in. A container only where a daemon has the image. */
async function otherSandboxes(): Promise<readonly FloorProbe[]> {
  const image = localBusybox();
  return [
    await extismWorker(echoModule),
    await workerVm(),
    ...(image === undefined
      ? []
      : [bareProcess('docker run of busybox', 'docker', ['run', '--rm', '--network=none', image, 'true'])]),
  ];
}

function localBusybox(): string | undefined {
  try {
    const format = '{{.Repository}}:{{.Tag}}';
    const listed = execFileSync('docker', ['images', '--format', format], { encoding: 'utf8', stdio: 'pipe' });
    return listed.split('\n').find((name) => name.includes(busybox));
  } catch {
    return undefined;
  }
}
