import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { WaterflowFailure } from '../../schemas/index.ts';

/** A program that goes on beside `waterflow dev`, and ends with it. */
export interface Child extends AsyncDisposable {
  /** Resolves with what became of it. */
  readonly ended: Promise<string>;
}

/** A program that was asked to end is killed after so long, in ms. */
const graceMs = 5000;
const mostSaid = 4000;

/** Starts a program. What it says is kept to be told where it ends by itself. */
export async function startChild(
  command: string,
  argv: readonly string[],
  { env, remedy }: { readonly env: Readonly<Record<string, string | undefined>>; readonly remedy: string },
): Promise<Child> {
  // A terminal's Ctrl-C is for this process, which ends the others in their order.
  const child = spawn(command, argv, { env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-mostSaid);
  });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WaterflowFailure({ code: 'USAGE', message: `${command} can't be started: ${reason}`, remedy }, { cause });
  }
  const ended = once(child, 'exit').then(() => said.trim());
  return { ended, [Symbol.asyncDispose]: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(timer);
}
