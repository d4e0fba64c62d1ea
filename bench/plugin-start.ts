import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, Figure } from './figure.ts';

const plugins = 200;
const samples = 7;
const launcher = join(import.meta.dirname, '..', 'bin', 'waterflow');

/** A server with its agent, from the command to the first request that it takes, with 200 plugins in its folder: each is read, hashed and checked. */
export async function pluginStart(bench: Bench): Promise<readonly Figure[]> {
  const full = join(bench.scratch, 'plugins');
  const empty = join(bench.scratch, 'empty');
  mkdirSync(empty);
  for (let number = 0; number < plugins; number += 1) writePlugin(join(full, `plugin-${number}`), number);
  const home = join(bench.scratch, 'home');
  const start = async (folder: string, memory: 'kept' | 'lost'): Promise<number> => {
    if (memory === 'lost') rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    return await startOnce({ HOME: home, PLUGIN_DIR: folder, PATH: process.env['PATH'] ?? '' }, bench.scratch);
  };
  const taken: number[] = [];
  const first: number[] = [];
  const floor: number[] = [];
  while (taken.length < samples) {
    first.push(await start(full, 'lost'));
    taken.push(await start(full, 'kept'));
    floor.push(await start(empty, 'kept'));
    bench.progress(`${taken.length} of ${samples}`);
  }
  const none = { what: 'the same with an empty plugin folder', unit: 'ms', samples: floor } as const;
  const budgets = [{ statistic: 'p50', most: 3000 }] as const;
  return [
    { what: `start of a server with ${plugins} plugins`, unit: 'ms', samples: taken, floors: [none], budgets },
    {
      what: 'the same where nothing is remembered of their sources',
      unit: 'ms',
      samples: first,
      floors: [none],
      budgets,
      note: 'each is read, hashed and kept in the state folder; no types are erased, and no code is compiled or run',
    },
  ];
}

function writePlugin(folder: string, number: number): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'plugin.yaml'),
    `name: plugin-${number}
version: 1.0.0
description: A plugin of a bench.
runtime: isolate
main: index.ts
inputs: { place: { type: string, default: a } }
permissions:
  net: [{ url: "https://example.com/*", methods: [GET, POST], reason: asks there }]
`,
  );
  const lines = Array.from({ length: 100 }, (_, line) => `export const line${line}: number = ${line + number};`);
  writeFileSync(join(folder, 'index.ts'), `${lines.join('\n')}\nexport default (): object => ({});\n`);
}

/** Milliseconds until the server says that it listens; it is ended then. */
async function startOnce(env: Readonly<Record<string, string>>, scratch: string): Promise<number> {
  const state = join(scratch, 'state');
  const begun = performance.now();
  const child = spawn(process.execPath, [launcher, 'server', '--state', state, '--port', '0'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  let said = '';
  for await (const chunk of child.stderr.setEncoding('utf8')) {
    said += String(chunk);
    if (said.includes('listening on')) break;
  }
  const taken = performance.now() - begun;
  child.kill('SIGTERM');
  await ended;
  rmSync(state, { recursive: true, force: true });
  if (!said.includes('listening on')) throw new Error(`the server ended: ${said}`);
  return taken;
}
