import { closeSync, createReadStream } from 'node:fs';
import type { Socket } from 'node:net';
import type { Authorized } from '../../grants/api.ts';
import { CallFailure, type CallScope } from '../capability.ts';
import { watchOver } from '../exec/ending.ts';
import { type OutputSink, openSink } from '../exec/output.ts';
import type { ProgramEnd, RunningProgram } from '../exec/program.ts';
import { openWorkspaceInput } from '../workspace-file.ts';
import type { StreamArgs } from './call.ts';
import type { DockerPowers } from './powers.ts';
import { outputOf } from './wire/frames.ts';

/** Where the output of one program goes. */
export interface Sinks {
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
}

/** What a call needs to move bytes. */
export interface StreamContext {
  readonly asking: Pick<Authorized, 'implied'>;
  readonly scope: CallScope;
}

/** Opens both, or none. */
export function openSinks(args: Omit<StreamArgs, 'stdin'>, { asking, scope }: StreamContext): Sinks {
  const common = { max_bytes: args.max_bytes, asking, scope };
  const stdout = openSink(args.stdout ?? 'log', { stream: 'stdout', ...common });
  try {
    return { stdout, stderr: openSink(args.stderr ?? 'log', { stream: 'stderr', ...common }) };
  } catch (cause) {
    stdout.discard();
    throw cause;
  }
}

/** What goes to stdin, opened before anything is started for its sake. */
export interface Input extends Disposable {
  /** Sends it, and then the end. */
  feed(socket: Socket): void;
}

/** Text, a workspace file, or nothing. */
export function openInput(
  stdin: StreamArgs['stdin'],
  { asking, scope, reveal }: StreamContext & { readonly reveal: (text: string) => string },
): Input | undefined {
  if (stdin === undefined) return undefined;
  if (typeof stdin === 'string') {
    return { feed: (socket) => void socket.end(reveal(stdin)), [Symbol.dispose]: () => undefined };
  }
  const { fd } = openWorkspaceInput(asking, scope, stdin.file);
  let fed = false;
  return {
    feed(socket) {
      fed = true;
      const file = createReadStream('', { fd, autoClose: true });
      // A file that can't be read any more ends there; a program that reads no more ends it.
      file.once('error', () => socket.end());
      socket.once('close', () => file.destroy());
      file.pipe(socket);
    },
    [Symbol.dispose]() {
      if (!fed) closeSync(fd);
    },
  };
}

/** A program in a container, as something that can be told to end. */
export type ContainerProgram = Pick<RunningProgram, 'signal' | 'kill' | 'ended'>;

/** A program in a container, and what it writes. */
export interface Attached {
  readonly program: ContainerProgram;
  readonly socket: Socket;
  readonly sinks: Sinks;
  readonly timeout_ms: number;
  readonly scope: CallScope;
  readonly powers: DockerPowers;
}

/** How a program in a container ended. */
export interface Finished {
  readonly end: Extract<ProgramEnd, { readonly kind: 'exited' }>;
  readonly stdout: Buffer | undefined;
  readonly stderr: Buffer | undefined;
}

/** How long output may still come after the end of what wrote it. */
const drainMs = 60_000;

/** Moves bytes until the program is gone; cancellation, timeouts and limits end it. */
export async function followToEnd(attached: Attached): Promise<Finished> {
  const { sinks } = attached;
  try {
    const end = await follow(attached);
    return { end, stdout: sinks.stdout.commit(), stderr: sinks.stderr.commit() };
  } catch (cause) {
    sinks.stdout.discard();
    sinks.stderr.discard();
    throw cause;
  }
}

async function follow({ program, socket, sinks, timeout_ms, scope, powers }: Attached): Promise<Finished['end']> {
  const { signal, kill } = scope;
  using watch = watchOver(program, { signal, kill, timeout_ms, powers });
  const over = new AbortController();
  const flow = pump(socket, sinks).catch((cause: unknown) => watch.now(cause));
  try {
    const end = await Promise.race([program.ended, watch.stuck]);
    const late = powers.pause(drainMs, over.signal).then(
      () => true,
      () => false,
    );
    const isLate = await Promise.race([flow.then(() => false), late]);
    if (watch.broken !== undefined) throw watch.broken.cause;
    if (watch.failure !== undefined) throw watch.failure;
    if (isLate) throw new CallFailure('FAILED', 'the program has ended, and its output does not');
    if (end.kind === 'not started') throw new CallFailure('FAILED', `the program was not started: ${end.why}`);
    return end;
  } finally {
    over.abort();
    socket.destroy();
    await flow;
  }
}

/** Hands frames to their sinks; the container waits while a sink does. */
export async function pump(source: Parameters<typeof outputOf>[0], { stdout, stderr }: Sinks): Promise<void> {
  for await (const { stream, bytes } of outputOf(source)) await (stream === 'stdout' ? stdout : stderr).write(bytes);
}
