import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPlugin } from '../cli/plugin-build/build-plugin.ts';
import { writeBuild } from '../cli/plugin-build/write-build.ts';
import type { AbsolutePath } from '../schemas/index.ts';
import { type BenchAgent, openBenchAgent, type PluginKind } from './agent.ts';
import type { Bench, Figure } from './figure.ts';

const warmUps = 50;
const warmSamples = 400;
const parseSamples = 60;
const coldSamples = 15;
/** 1.5 MB, what a module of TypeScript may have. */
const mostMebibytes = 1.5e6 / 2 ** 20;
/** A list of a hundred bytes an item, 1 MB in all. */
const megabyte: string = JSON.stringify(
  Array.from({ length: 10_000 }, (_, index) => ({
    id: index,
    name: `item ${index}`,
    tags: ['a', 'b'],
    text: 'x'.repeat(42),
  })),
);

/** A plugin in TypeScript that was built for WebAssembly, beside the same source in an isolate and a module of AssemblyScript. */
export async function typescriptModule(bench: Bench): Promise<readonly Figure[]> {
  const cold = Array.from({ length: coldSamples + 1 }, (_, index) => `cold-${index}`);
  const approved = ['echo', 'echo-wasm', 'echo-module', 'parse', 'parse-module'];
  const folder = join(bench.scratch, 'warm');
  await using agent = await openBenchAgent(folder, { approved });
  agent.plugin('echo', 'echo');
  agent.plugin('echo-wasm', 'echo-wasm');
  agent.plugin('parse', 'parse');
  const bytes = await buildModule(agent, { folder, kind: 'echo', name: 'echo-module' });
  await buildModule(agent, { folder, kind: 'parse', name: 'parse-module' });

  const warm = await inTurns(agent, { names: ['echo-module', 'echo', 'echo-wasm'], calls: 1, samples: warmSamples });
  bench.progress(`${warmSamples} warm steps of each`);
  const names = ['parse-module', 'parse'];
  const parse = await inTurns(agent, { names, calls: 0, samples: parseSamples, text: megabyte });
  bench.progress(`${parseSamples} times 1 MB of JSON in each`);
  return [
    {
      what: 'warm step, TypeScript as WASM',
      unit: 'ms',
      samples: warm['echo-module'] ?? [],
      floors: [
        { what: 'the same in an isolate', unit: 'ms', samples: warm['echo'] ?? [] },
        { what: 'AssemblyScript', unit: 'ms', samples: warm['echo-wasm'] ?? [] },
      ],
      budgets: [{ statistic: 'p50', most: 1.5 }],
    },
    {
      what: 'JSON of 1 MB, TypeScript as WASM',
      unit: 'ms',
      samples: parse['parse-module'] ?? [],
      floors: [{ what: 'the same in an isolate', unit: 'ms', samples: parse['parse'] ?? [] }],
      budgets: [],
    },
    await firstSteps(bench, cold),
    {
      what: 'module of TypeScript',
      unit: 'MiB',
      samples: [bytes / 2 ** 20],
      floors: [],
      budgets: [{ statistic: 'p50', most: mostMebibytes }],
    },
  ];
}

/** Steps of one plugin after the other, so that a busy minute is everybody's; their times by name. */
async function inTurns(
  agent: BenchAgent,
  turns: {
    readonly names: readonly string[];
    readonly calls: number;
    readonly samples: number;
    readonly text?: string;
  },
): Promise<Readonly<Record<string, readonly number[]>>> {
  const taken: Record<string, number[]> = Object.fromEntries(turns.names.map((name) => [name, []]));
  const step = turns.text === undefined ? { calls: turns.calls } : { calls: turns.calls, text: turns.text };
  for (let each = -warmUps; each < turns.samples; each += 1) {
    for (const plugin of turns.names) {
      const milliseconds = await agent.step({ plugin, ...step });
      if (each >= 0) taken[plugin]?.push(milliseconds);
    }
  }
  return taken;
}

/** The first steps of modules that were never run, each in a process of its own. */
async function firstSteps(bench: Bench, names: readonly string[]): Promise<Figure> {
  const folder = join(bench.scratch, 'cold');
  const pool = { spares: { isolate: 0, wasm: 1 }, recycle_after_calls: 1 };
  await using agent = await openBenchAgent(folder, { approved: names, pool });
  const samples: number[] = [];
  for (const name of names) {
    await buildModule(agent, { folder, kind: 'echo', name });
    samples.push(await agent.step({ plugin: name, calls: 1 }));
  }
  bench.progress(`${names.length} first steps`);
  return {
    what: 'first step, TypeScript as WASM',
    unit: 'ms',
    // The first one isn't counted: it loads what every plugin needs.
    samples: samples.slice(1),
    floors: [],
    budgets: [{ statistic: 'p50', most: 150 }],
  };
}

/** Writes a plugin for isolates as one that was built for WebAssembly; the module's bytes. */
async function buildModule(
  agent: BenchAgent,
  at: { readonly folder: string; readonly kind: PluginKind; readonly name: string },
): Promise<number> {
  agent.plugin(at.kind, at.name);
  // Below an absolute folder.
  const folder = join(at.folder, 'plugins', at.name) as AbsolutePath;
  const manifest = join(folder, 'plugin.yaml');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('runtime: isolate', 'runtime: wasm'));
  const { build, files } = await buildPlugin(folder, { env: process.env });
  writeBuild(folder, files);
  return build.bytes.byteLength;
}
