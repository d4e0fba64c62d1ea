/** A process that a site can't do without, and that may be killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** How it is started, and when it may be used. */
export interface NodeSetup {
  readonly command: string;
  readonly argv: readonly string[];
  readonly user?: string;
  /** Where its output goes. */
  readonly logFile: string;
  /** Resolves where it answers; rejects or resolves with false where it doesn't yet. */
  readonly answers: () => Promise<boolean>;
}

/** What runs until the test is over. */
export interface SiteNode {
  start(): Promise<void>;
  /** SIGKILL, or what the program takes for a crash. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

const startMs = 120_000;
const pollMs = 200;

/** Makes one, which isn't started yet. */
export function siteNode({ command, argv, user, logFile, answers }: NodeSetup): SiteNode {
  let child: ChildProcess | undefined;
  const as = user === undefined ? [] : [`--reuid=${user}`, '--regid=nogroup', '--clear-groups'];
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  onTestFinished(() => kill());
  return {
    async start() {
      const log = openSync(logFile, 'a');
      // It ends with this process, however that ends.
      const words = ['--pdeathsig', 'KILL', ...as, '--', command, ...argv];
      child = spawn('setpriv', words, { stdio: ['ignore', log, log], cwd: '/' });
      for (let waited = 0; waited < startMs; waited += pollMs) {
        if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}: see ${logFile}`);
        if (await answers().catch(() => false)) return;
        await sleep(pollMs);
      }
      throw new Error(`${command} does not answer: see ${logFile}`);
    },
    kill,
  };
}
