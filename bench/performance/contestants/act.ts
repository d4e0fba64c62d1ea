import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ScenarioName } from '../scenarios.ts';
import { fibonacciCommand, logCommand, sizes } from '../scenarios.ts';
import { type Contestant, type NotDone, timed } from './contestant.ts';
import { installedPeer } from './installed.ts';
import { mostResident } from './memory.ts';
import { succeed } from './program.ts';
import { jobsAtOnce, stepsInARow } from './workflow-files.ts';

const serverless: NotDone = { absent: 'has no server: each run is a program of its own' };

/** act, which runs workflows of GitHub Actions; with `-self-hosted` their scripts are processes of this machine, without a container. */
export const act: Contestant = {
  name: 'act',
  async open({ scratch }) {
    const { folder: installed, version } = installedPeer('act');
    const program = join(installed, 'bin', 'act');
    const folder = join(scratch, 'act');
    const home = join(folder, 'home');
    mkdirSync(home, { recursive: true });
    const options = { cwd: folder, env: { PATH: process.env['PATH'], HOME: home } };
    const prepared = (name: string, text: string): readonly string[] => {
      const file = join(folder, `${name}.yml`);
      writeFileSync(file, text);
      return ['push', '-W', file, '-P', 'ubuntu-latest=-self-hosted'];
    };
    const header = { on: 'push', runsOn: 'ubuntu-latest' };
    const sequence = (name: string, count: number, command: string): (() => Promise<number>) => {
      const argv = prepared(name, stepsInARow(count, { run: command }, header));
      return () => timed(() => succeed(program, argv, options));
    };
    const fanOut = prepared('fan-out', jobsAtOnce(sizes.fanOut, { run: 'echo one' }, header));
    const log = sequence('log', 1, logCommand);
    const does: Partial<Record<ScenarioName, (() => Promise<number>) | NotDone>> = {
      'cold-start': sequence('cold-start', 1, 'echo one'),
      'short-tasks': sequence('short-tasks', sizes.shortTasks, fibonacciCommand('short')),
      'long-tasks': sequence('long-tasks', sizes.longTasks, fibonacciCommand('long')),
      'three-steps': sequence('three-steps', sizes.steps, 'echo one'),
      'fan-out': () => timed(() => succeed(program, fanOut, options)),
      chain: sequence('chain', sizes.chain, 'true'),
      'submit-rate': serverless,
      'server-start': serverless,
      'memory-idle': serverless,
      'memory-load': async () => {
        const child = spawn(program, fanOut, { ...options, stdio: 'ignore' });
        const exited = once(child, 'exit');
        return await mostResident([child.pid ?? 0], () => exited);
      },
      'log-throughput': async () => (1000 * sizes.logLines) / (await log()),
    };
    return { version, does, [Symbol.asyncDispose]: () => Promise.resolve() };
  },
};
