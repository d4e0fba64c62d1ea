import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Bench, Figure } from './figure.ts';
import { bareNode, bareSpawn } from './floors/floors.ts';

const samples = 15;
const root = join(import.meta.dirname, '..');

/** `waterflow run` of a workflow with one step, from a shell to its end, as often as a user calls it. */
export async function commandLine(bench: Bench): Promise<readonly Figure[]> {
  await using node = bareNode();
  await using spawned = bareSpawn();
  const env = userEnvironment(bench.scratch);
  const first = await runOnce(env);
  const taken: number[] = [];
  while (taken.length < samples) {
    taken.push(await runOnce(env));
    await node.sample();
    await spawned.sample();
  }
  bench.progress(`${samples} runs`);
  const version = execFileSync('node', ['--version'], { env, encoding: 'utf8' }).trim();
  return [
    {
      what: '`waterflow run` of one step',
      unit: 'ms',
      samples: taken,
      floors: [node.floor, spawned.floor],
      budgets: [{ statistic: 'p50', most: 1000 }],
      note: `started by the caller's Node ${version}; the very first run on a machine took ${Math.round(first)} ms`,
    },
  ];
}

/** A user's shell: the machine's own Node, not the one of the repository; a home without anything in it. */
function userEnvironment(scratch: string): Readonly<Record<string, string>> {
  const home = join(scratch, 'home');
  mkdirSync(home);
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return { PATH: path.join(delimiter), HOME: home, LANG: 'C.UTF-8' };
}

async function runOnce(env: Readonly<Record<string, string>>): Promise<number> {
  const start = performance.now();
  const child = spawn(join(root, 'bin', 'waterflow'), ['run', 'examples/hello.yml'], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`waterflow run ended with ${code}`);
  return performance.now() - start;
}
