import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ScenarioName } from '../scenarios.ts';
import { fibonacciCommand, sizes } from '../scenarios.ts';
import { type Contestant, type NotDone, timed } from './contestant.ts';
import { installedPeer } from './installed.ts';
import { mostResident, settled } from './memory.ts';
import { succeed } from './program.ts';
import { startPythonWorker } from './python-worker.ts';

const serverless: NotDone = { absent: 'has no server that takes runs: a program builds its tasks itself' };

/** Luigi in a Python process that is there already, with its local scheduler. */
export const luigi: Contestant = {
  name: 'Luigi',
  async open({ scratch }) {
    const { folder: installed, version } = installedPeer('luigi');
    const python = join(installed, 'bin', 'python');
    const folder = join(scratch, 'luigi');
    mkdirSync(folder, { recursive: true });
    const env = { PATH: process.env['PATH'], HOME: folder };
    const start = () =>
      startPythonWorker([join(import.meta.dirname, 'luigi_work.py'), folder], { python, cwd: folder, env });
    const worker = await start();
    let runs = 0;
    const once = (): Promise<void> => {
      runs += 1;
      const script = join(import.meta.dirname, 'luigi_once.py');
      return succeed(python, [script, join(folder, `once-${runs}`)], { cwd: folder, env });
    };
    const fanOut = () => worker.atOnce(sizes.fanOut, 'echo one');
    const does: Partial<Record<ScenarioName, (() => Promise<number>) | NotDone>> = {
      'cold-start': () => timed(once),
      'short-tasks': () => worker.inARow(sizes.shortTasks, fibonacciCommand('short')),
      'long-tasks': () => worker.inARow(sizes.longTasks, fibonacciCommand('long')),
      'three-steps': () => worker.inARow(sizes.steps, 'echo one'),
      'fan-out': fanOut,
      chain: () => worker.inARow(sizes.chain),
      'submit-rate': serverless,
      'server-start': serverless,
      'memory-idle': async () => {
        await using fresh = await start();
        return await settled([fresh.pid]);
      },
      'memory-load': () => mostResident([worker.pid], fanOut),
      'log-throughput': { absent: 'keeps nothing of what a task writes' },
    };
    return { version, does, [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose]() };
  },
};
