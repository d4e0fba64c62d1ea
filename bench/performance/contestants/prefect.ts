import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ScenarioName } from '../scenarios.ts';
import { fibonacciCommand, logCommand, sizes } from '../scenarios.ts';
import { type Contestant, type NotDone, submissionsASecond, timed } from './contestant.ts';
import { installedPeer } from './installed.ts';
import { mostResident, settled } from './memory.ts';
import { prefectEnvironment, prefectScript, startPrefect } from './prefect-server.ts';
import { succeed } from './program.ts';
import { startPythonWorker } from './python-worker.ts';

const created = 201;
const locked = 503;
const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };

/** Prefect: its server with SQLite, and a Python process that is there already and runs flows against it, which is quicker than its runner. */
export const prefect: Contestant = {
  name: 'Prefect',
  async open({ scratch }) {
    const { folder: installed, version } = installedPeer('prefect');
    const binaries = join(installed, 'bin');
    const python = join(binaries, 'python');
    const folder = join(scratch, 'prefect-peer');
    mkdirSync(folder, { recursive: true });
    await using opening = new AsyncDisposableStack();
    const server = opening.use(await startPrefect(binaries, folder));
    const start = () => startPythonWorker([prefectScript], { python, cwd: folder, env: server.environment });
    const worker = opening.use(await start());
    const submissions = await server.register();
    let homes = 0;
    // As a user's first `python flow.py`, which starts a server for that run; what it keeps lies in a folder that is there.
    const alone = { cwd: folder, env: prefectEnvironment(join(folder, 'cold')) };
    const cold = (): Promise<void> => succeed(python, [prefectScript, 'once'], alone);
    const fanOut = () => worker.atOnce(sizes.fanOut, 'echo one');
    const pids = [server.pid, worker.pid];
    const does: Partial<Record<ScenarioName, (() => Promise<number>) | NotDone>> = {
      'cold-start': () => timed(cold),
      'short-tasks': () => worker.inARow(sizes.shortTasks, fibonacciCommand('short')),
      'long-tasks': () => worker.inARow(sizes.longTasks, fibonacciCommand('long')),
      'three-steps': () => worker.inARow(sizes.steps, 'echo one'),
      'fan-out': fanOut,
      chain: () => worker.inARow(sizes.chain),
      'submit-rate': () =>
        submissionsASecond(async () => {
          // It says so while its database is locked; whoever submits has to try again.
          let status = locked;
          while (status === locked) {
            const answer = await fetch(new URL(submissions, server.url), post);
            await answer.arrayBuffer();
            ({ status } = answer);
          }
          if (status !== created) throw new Error(`a submission was answered with ${status}`);
        }),
      'server-start': async () => {
        homes += 1;
        await using fresh = await startPrefect(binaries, join(folder, `start-${homes}`));
        return fresh.readyMs;
      },
      'memory-idle': async () => {
        homes += 1;
        await using fresh = await startPrefect(binaries, join(folder, `idle-${homes}`));
        await using runner = await start();
        return await settled([fresh.pid, runner.pid]);
      },
      'memory-load': () => mostResident(pids, fanOut),
      'log-throughput': async () => (1000 * sizes.logLines) / (await worker.logged(logCommand)),
    };
    const running = opening.move();
    return { version, does, [Symbol.asyncDispose]: () => running.disposeAsync() };
  },
};
