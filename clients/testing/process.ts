/** A `waterflow` of the checkout that runs as long as a suite does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const launcher = join(import.meta.dirname, '..', '..', 'bin', 'waterflow');
/** The key of the first admin, as an operator sets it. */
export const firstKey = 'wf-first-admin-of-the-scenarios-0123456789';

/** A process that said that it is there. */
export interface Started {
  /** Where it listens; of a server. */
  readonly url: string;
  readonly end: (signal: NodeJS.Signals) => Promise<void>;
}

/** Starts it, and resolves when it says `text`. Rejects with what it says instead. */
export async function startWaterflow(
  argv: readonly string[],
  { text, env = {} }: { readonly text: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Started> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [launcher, ...argv], {
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = await saying(child, text);
  return {
    url: /"url":"([^"]+)"/u.exec(said)?.[1] ?? '',
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

function saying(child: ChildProcess, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (more: string) => {
      said += more;
      if (said.includes(text)) resolve(said);
    });
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`it ended without saying ${JSON.stringify(text)}:\n${said}`)));
  });
}
