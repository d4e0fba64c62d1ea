import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchAgent, openBenchAgent, type PluginKind } from '../../agent.ts';
import type { Bench } from '../../figure.ts';
import { startServer } from '../../server/process.ts';
import { writeFiles } from '../../temporal/world.ts';
import { type Contestant, type Opened, timed } from './contestant.ts';
import { mostResident, settled } from './memory.ts';
import { succeed } from './program.ts';
import { callsOfSample, meanOf } from './sandboxes.ts';
import { ownVersion } from './versions.ts';
import { runsOf } from './waterflow-runs.ts';
import { stepsInARow } from './workflow-files.ts';

/** Waterflow's server with the embedded engine; `waterflow run` for the cold start, and the agent alone for calls of a plugin. */
export function waterflow(launcher: string): Contestant {
  return { name: 'Waterflow', open: (bench) => openWaterflow(bench, launcher) };
}

async function openWaterflow(bench: Bench, launcher: string): Promise<Opened> {
  await using opening = new AsyncDisposableStack();
  const folder = join(bench.scratch, 'waterflow');
  mkdirSync(folder, { recursive: true });
  const { pluginDir, policy } = writeFiles(folder);
  const options = { launcher, argv: ['--policy', policy], env: { PLUGIN_DIR: pluginDir } };
  const server = opening.use(await startServer(folder, 'server', options));
  const isolate = opening.use(await openAgent(bench, 'echo'));
  const wasm = opening.use(await openAgent(bench, 'echo-wasm'));
  const { does, fanOut } = runsOf(server);
  const home = join(folder, 'home');
  mkdirSync(home);
  const alone = { cwd: folder, env: { PATH: process.env['PATH'], HOME: home } };
  const file = join(folder, 'one.yml');
  writeFileSync(file, stepsInARow(1, { run: 'echo one' }, { on: 'manual', runsOn: 'local' }));
  const command = ['run', file];
  let starts = 0;
  const fresh = () => {
    starts += 1;
    return startServer(folder, `fresh-${starts}`, options);
  };
  const running = opening.move();
  return {
    version: ownVersion(),
    does: {
      ...does,
      'cold-start': () => timed(() => succeed(launcher, command, alone)),
      'server-start': async () => {
        await using server = await fresh();
        return server.readyMs;
      },
      'memory-idle': async () => {
        await using server = await fresh();
        return await settled([server.launcherPid]);
      },
      'memory-load': () => mostResident([server.launcherPid], fanOut),
      'plugin-isolate': callsOf(isolate, 'echo'),
      'plugin-wasm': callsOf(wasm, 'echo-wasm'),
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function openAgent({ scratch }: Bench, kind: PluginKind): Promise<BenchAgent> {
  const agent = await openBenchAgent(join(scratch, `agent-${kind}`), { approved: [kind] });
  agent.plugin(kind, kind);
  return agent;
}

function callsOf(agent: BenchAgent, plugin: PluginKind): () => Promise<number> {
  return async () => {
    const taken: number[] = [];
    while (taken.length < callsOfSample) taken.push(await agent.step({ plugin, calls: 0 }));
    return meanOf(taken);
  };
}
