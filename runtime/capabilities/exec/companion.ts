import { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { ownNodeEnvironment } from '../../own-node.ts';
import { CallFailure } from '../capability.ts';
import { withCoveredDescriptors } from './inherited-descriptors.ts';
import type { ExecPowers } from './powers.ts';
import { exitOf } from './program.ts';

/** A process that outlives the agent, to clean up after it. */
interface Companion {
  readonly command: string;
  readonly args: readonly string[];
  /** What it does, for the message where it can't be started. */
  readonly task: string;
  /** What it is told before it is ready. */
  readonly greeting?: string;
  /** Called when it ends, which it should not before the agent. */
  readonly onEnd: () => void;
}

/**
 * Starts a companion and waits until it has printed `ready`. What is written to the answer reaches its standard input, whose end
 * tells it that the agent has ended. Throws CallFailure.
 */
export async function startCompanion(powers: Pick<ExecPowers, 'spawn'>, companion: Companion): Promise<Socket> {
  const { command, args, task, greeting, onEnd } = companion;
  const child = withCoveredDescriptors(['pipe', 'pipe', 'ignore'], (stdio) =>
    // Leads a session of its own: what is sent to the agent's process group must not end it.
    powers.spawn(command, args, { stdio, env: { ...ownNodeEnvironment() }, cwd: '/', detached: true }),
  );
  const exited = exitOf(child);
  void exited.then(onEnd);
  const { stdin, stdout } = child;
  if (!(stdin instanceof Socket && stdout instanceof Socket))
    throw new TypeError('a companion process was started without pipes');
  // Where it is gone already, its exit says so.
  stdin.on('error', () => undefined);
  if (greeting !== undefined) stdin.write(greeting);
  if ((await text(stdout)) !== 'ready\n') {
    const { error, code, signal } = await exited;
    const why = error?.message ?? `it ended with ${signal ?? code}`;
    throw new CallFailure('FAILED', `the process that ${task} could not be started: ${why}`);
  }
  // The agent may end as if it weren't there, and by that sets it to work.
  stdin.unref();
  child.unref();
  return stdin;
}
