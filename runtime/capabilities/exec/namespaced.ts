import type { ChildProcess } from 'node:child_process';
import { Readable, type Stream, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { type StdioEntry, withCoveredDescriptors } from './inherited-descriptors.ts';
import type { ExecPowers } from './powers.ts';
import { isAlive, type ProcessInfo, readProcess, readText } from './proc.ts';
import { exitOf, killPollMs, killWaitMs, type Launch, type ProgramEnd, type RunningProgram } from './program.ts';

/** How bubblewrap is started. */
export interface NamespaceSetup {
  readonly bwrap: AbsolutePath;
  /** Keeps core dumps, which hold secrets, from being written. */
  readonly prlimit: AbsolutePath | undefined;
  readonly options: readonly string[];
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  /** A seccomp filter that the program starts under. */
  readonly filter: Uint8Array | undefined;
  /** By which the orphan guard knows this agent's. */
  readonly mark: string;
}

/** bubblewrap reads its options here: environment values would be readable by every process on a command line. */
const optionsFd = 3;
/** bubblewrap reports here: the PID of its child, and that child's exit code. */
const statusFd = 4;
/** bubblewrap starts the program once something comes here. */
const gateFd = 5;
/** bubblewrap reads a filter here. */
const filterFd = 6;

/**
 * Starts a program in a PID namespace of its own. Its first process is bubblewrap's; when that is killed the kernel kills
 * all the others, however detached, before it lets that one go. And it is killed when the agent dies: by the kernel, or by the
 * orphan guard as long as bubblewrap has not yet asked the kernel for it.
 */
export function startNamespaced(launch: Launch, setup: NamespaceSetup, powers: ExecPowers): RunningProgram {
  // Of the options only this one does nothing, whatever its value.
  const marked = [setup.bwrap, '--unsetenv', setup.mark];
  const command = [...marked, '--args', String(optionsFd), '--', launch.copy ?? launch.binary.path, ...launch.argv];
  const [program = setup.bwrap, ...args] =
    setup.prlimit === undefined ? command : [setup.prlimit, '--core=0', '--', ...command];
  const { prepare } = launch;
  const { filter } = setup;
  const gate: StdioEntry = prepare === undefined ? 'ignore' : 'pipe';
  const own: readonly StdioEntry[] = [launch.stdin, launch.stdout, launch.stderr, 'pipe', 'pipe'];
  const more: readonly StdioEntry[] = filter !== undefined ? [gate, 'pipe'] : prepare === undefined ? [] : [gate];
  const child = withCoveredDescriptors([...own, ...more], (stdio) =>
    // Ctrl-C on the agent's terminal is not for it: the agent ends it in order.
    powers.spawn(program, args, { stdio, env: {}, cwd: '/', detached: true, ...setup.user }),
  );
  const heldBack = [
    ...(prepare === undefined ? [] : ['--block-fd', String(gateFd)]),
    ...(filter === undefined ? [] : ['--seccomp', String(filterFd)]),
  ];
  if (filter !== undefined) pipeAt(child, filterFd).end(filter);
  const options = [...setup.options, ...environmentOptions(launch), ...heldBack, '--chdir', launch.cwd];
  pipeAt(child, optionsFd).end(options.map((option) => `${option}\0`).join(''));
  const status = readStatus(child);
  const exited = exitOf(child);
  const first = Promise.race([status.child, exited.then(() => undefined)]);
  const gone = async (): Promise<void> => {
    const process = await first;
    if (process !== undefined) await waitUntilGone(process, powers);
  };
  let root: number | undefined;
  const remember = async (): Promise<void> => {
    root = (await first)?.pid;
  };
  void remember();
  const prepared = openGate(child, first, prepare).catch((cause: unknown) => {
    child.kill('SIGKILL');
    void first.then((process) => process !== undefined && tryKill(powers, process.pid, 'SIGKILL'));
    return cause instanceof Error ? cause.message : String(cause);
  });
  let wasSignalled = false;
  return {
    // The namespace's first process is bubblewrap's.
    roots: () => ({ pids: root === undefined ? [] : [root], helpers: 1 }),
    signal(name) {
      wasSignalled = true;
      void first.then((process) => (process === undefined ? undefined : signalProgram(process, name, powers)));
    },
    async kill() {
      const process = await first;
      if (process === undefined) child.kill('SIGKILL');
      else if (await isAlive(process)) tryKill(powers, process.pid, 'SIGKILL');
      await gone();
    },
    ended: exited.then(async ({ code, signal, error }): Promise<ProgramEnd> => {
      if (error !== undefined) return { kind: 'not started', why: error.message };
      await gone();
      const why = await prepared;
      if (why !== undefined) return { kind: 'not started', why };
      const exitCode = await status.exitCode;
      if (exitCode !== undefined) return { kind: 'exited', code: exitCode };
      // Killed before it could report, by us or by the kernel; else it failed to set the namespace up.
      if (signal !== null) return { kind: 'exited', code: 137, signal };
      if (code === 137) return { kind: 'exited', code: 137, signal: 'SIGKILL' };
      // Signalled when it had been forked and wasn't there yet: bubblewrap doesn't report such an end.
      if (wasSignalled && code !== null && code > 128) return { kind: 'exited', code };
      return { kind: 'not started', why: `bubblewrap ended with exit code ${code}` };
    }),
  };
}

/** Prepares the namespace, then lets the program start. Undefined where that went well, or it ended before by itself. */
async function openGate(
  child: ChildProcess,
  first: Promise<ProcessInfo | undefined>,
  prepare: Launch['prepare'],
): Promise<undefined> {
  if (prepare === undefined) return undefined;
  const gate = pipeAt(child, gateFd);
  const process = await first;
  if (process === undefined) return undefined;
  await prepare(process.pid);
  gate.end('go');
  return undefined;
}

function environmentOptions(launch: Launch): readonly string[] {
  const variables = Object.entries(launch.environment).flatMap(([key, value]) => ['--setenv', key, value]);
  return ['--clearenv', ...variables, '--json-status-fd', String(statusFd)];
}

/** One of the descriptors that bubblewrap was started with, of those that we write to. */
function pipeAt(child: ChildProcess, fd: number): Writable {
  // Node types a list of five; there are as many as were asked for.
  const pipe: Stream | null | undefined = (child.stdio as readonly (Stream | null | undefined)[])[fd];
  if (!(pipe instanceof Writable)) throw new TypeError(`bubblewrap was started without its pipe ${fd}`);
  // It may fail before it reads it; then its exit says so.
  pipe.on('error', () => undefined);
  return pipe;
}

/** bubblewrap writes one JSON document a line: first the child's PID, at the end its exit code. */
function readStatus(child: ChildProcess): {
  readonly child: Promise<ProcessInfo | undefined>;
  readonly exitCode: Promise<number | undefined>;
} {
  const pipe: Stream | null | undefined = child.stdio[statusFd];
  if (!(pipe instanceof Readable)) throw new TypeError('bubblewrap was started without its pipe for the status');
  let seen = '';
  const found = Promise.withResolvers<ProcessInfo | undefined>();
  pipe.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
    const pid = numberOf(seen, 'child-pid');
    if (pid !== undefined) found.resolve(readProcess(pid));
  });
  const closed = Promise.withResolvers<void>();
  pipe.on('error', () => undefined);
  pipe.on('close', () => {
    found.resolve(undefined);
    closed.resolve();
  });
  return { child: found.promise, exitCode: closed.promise.then(() => numberOf(seen, 'exit-code')) };
}

function numberOf(documents: string, key: string): number | undefined {
  const digits = new RegExp(`"${key}": *([0-9]+)`).exec(documents)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * To the program, once it is there: a namespace's first process isn't reached by what it has no handler for, and until it has
 * started the program it is the only one that such a signal would find.
 */
async function signalProgram(first: ProcessInfo, name: NodeJS.Signals, powers: ExecPowers): Promise<void> {
  while ((await isAlive(first)) && !(await hasStarted(first.pid))) await powers.pause(killPollMs);
  tryKill(powers, -first.pid, name);
}

/** Whether the namespace's first process has a child in the group that it leads; true where the kernel doesn't list children. */
async function hasStarted(first: number): Promise<boolean> {
  const children = await readText(`/proc/${first}/task/${first}/children`);
  if (children === undefined) return true;
  const found = await Promise.all(
    children
      .split(' ')
      .filter(Boolean)
      .map((pid) => readProcess(Number(pid))),
  );
  return found.some((child) => child?.group === first);
}

async function waitUntilGone(process: ProcessInfo, powers: ExecPowers): Promise<void> {
  // Most are gone within a moment.
  let pauseMs = 1;
  for (let waited = 0; await isAlive(process); waited += pauseMs) {
    if (waited > killWaitMs) throw new Error(`process ${process.pid} doesn't end although it was killed`);
    await powers.pause(pauseMs);
    pauseMs = Math.min(pauseMs + 1, killPollMs);
  }
}

function tryKill(powers: ExecPowers, pid: number, signal: NodeJS.Signals): void {
  try {
    powers.kill(pid, signal);
  } catch {
    // Gone already, which is what was wanted.
  }
}

/** What this machine's bubblewrap can do, found out by running it. */
export interface BubblewrapAbilities {
  readonly disableUserNamespaces: 'supported' | 'not supported';
  /** Whether profile host can have a PID namespace: not in containers that cover parts of /proc. */
  readonly hostNamespace: 'works' | 'does not work';
}

/** Asks bubblewrap, by its help and by a trial. */
export async function inspectBubblewrap(
  bwrap: AbsolutePath,
  hostOptions: readonly string[],
  powers: ExecPowers,
): Promise<BubblewrapAbilities> {
  const help = await runToEnd(powers, bwrap, ['--help']);
  const trial = await runToEnd(powers, bwrap, [...hostOptions, '--', bwrap, '--version']);
  return {
    disableUserNamespaces: help.output.includes('--disable-userns') ? 'supported' : 'not supported',
    hostNamespace: trial.code === 0 ? 'works' : 'does not work',
  };
}

async function runToEnd(
  powers: ExecPowers,
  program: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  // Ctrl-C on the agent's terminal must not end the half of it that then leaves the other one waiting.
  const child = powers.spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env: {}, cwd: '/', detached: true });
  const exited = exitOf(child);
  const output = child.stdout === null ? '' : await text(child.stdout);
  return { code: (await exited).code, output };
}
