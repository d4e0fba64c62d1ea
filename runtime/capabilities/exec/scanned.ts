import { constants } from 'node:os';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { withCoveredDescriptors } from './inherited-descriptors.ts';
import type { ExecPowers } from './powers.ts';
import { isAlive, listProcesses, type ProcessInfo, readText } from './proc.ts';
import { exitOf, killPollMs, killWaitMs, type Launch, type ProgramEnd, type RunningProgram } from './program.ts';

/**
 * How a program's descendants are told apart where there is no PID namespace. A process keeps the first unless it clears its
 * environment, and the second unless it sets its limits: what does neither is found however it detached.
 */
interface Marks {
  /** `WATERFLOW_EXEC_ID=<random>`, in its environment. By a part of it the orphan guard knows them, too. */
  readonly variable: string;
  /** A limit on POSIX message queues (bytes) that no other exec has; undefined where prlimit is missing. */
  readonly queueLimit: number | undefined;
}

/** Helpers that may be there. */
export interface ScanSetup {
  readonly prlimit: AbsolutePath | undefined;
  /** Ends the program (not its children) when the agent dies. */
  readonly setpriv: AbsolutePath | undefined;
  readonly marks: Marks;
}

/** Between two looks at the tree while the program runs, so that an orphan is known before its parents are gone. */
const trackIntervalMs = 200;

/**
 * Starts a program without a namespace, as the leader of a process group. kill() ends the group, every descendant that was
 * seen, and every process that bears a mark. Best effort against a program that means to get away, which profile host
 * trusts not to.
 */
export function startScanned(launch: Launch, setup: ScanSetup, powers: ExecPowers): RunningProgram {
  const limits =
    setup.marks.queueLimit === undefined ? [] : [`--msgqueue=${setup.marks.queueLimit}:${setup.marks.queueLimit}`];
  const command = [
    ...(setup.setpriv === undefined ? [] : [setup.setpriv, '--pdeathsig', 'KILL', '--']),
    ...(setup.prlimit === undefined ? [] : [setup.prlimit, '--core=0', ...limits, '--']),
    launch.copy ?? launch.binary.path,
    ...launch.argv,
  ];
  const [program = launch.binary.path, ...args] = command;
  const child = withCoveredDescriptors([launch.stdin, launch.stdout, launch.stderr], (stdio) =>
    powers.spawn(program, args, { stdio, env: launch.environment, cwd: launch.cwd, detached: true }),
  );
  const exited = exitOf(child);
  const members: Members = { root: child.pid, known: new Map() };
  const tracking = new AbortController();
  void track(members, powers, tracking.signal);
  void exited.then(() => tracking.abort());
  return {
    roots: () => ({ pids: child.pid === undefined ? [] : [child.pid, ...members.known.keys()], helpers: 0 }),
    signal(name) {
      if (child.pid !== undefined) tryKill(powers, -child.pid, name);
    },
    async kill() {
      for (let waited = 0; waited < killWaitMs; waited += killPollMs) {
        const alive = await findMembers(members, setup.marks);
        if (alive.length === 0) return;
        for (const member of alive) tryKill(powers, member.pid, 'SIGKILL');
        await powers.pause(killPollMs);
      }
      throw new Error(
        `processes of the exec don't end although they were killed: ${[...members.known.keys()].join(', ')}`,
      );
    },
    ended: exited.then(({ code, signal, error }): ProgramEnd => {
      if (error !== undefined) return { kind: 'not started', why: error.message };
      if (signal !== null) return { kind: 'exited', code: 128 + constants.signals[signal], signal };
      return { kind: 'exited', code: code ?? 0 };
    }),
  };
}

/** What is known of the tree. `root` leads its group and its session; while one of these has members its number stays taken. */
interface Members {
  readonly root: number | undefined;
  readonly known: Map<number, ProcessInfo>;
}

async function track(members: Members, powers: ExecPowers, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await addDescendants(members);
    // Rejects when the program ended, which ends the loop.
    await powers.pause(trackIntervalMs, signal).catch(() => undefined);
  }
}

/** Adds what descends from the root or from a known member, or shares its group or session. Returns all processes. */
async function addDescendants({ root, known }: Members): Promise<readonly ProcessInfo[]> {
  const all = await listProcesses().catch(() => []);
  const now = new Map(all.map((other) => [other.pid, other]));
  for (const [pid, member] of known) {
    // Gone, and the number may be another process's by now.
    if (now.get(pid)?.startTime !== member.startTime) known.delete(pid);
  }
  const isMember = (other: ProcessInfo): boolean =>
    root !== undefined && (other.group === root || other.session === root || known.has(other.parent));
  for (let before = -1; before !== known.size; ) {
    before = known.size;
    for (const other of all) if (other.pid !== process.pid && isMember(other)) known.set(other.pid, other);
  }
  return all;
}

async function findMembers(members: Members, marks: Marks): Promise<readonly ProcessInfo[]> {
  for (const other of await addDescendants(members)) {
    if (!members.known.has(other.pid) && (await bearsMark(other.pid, marks))) members.known.set(other.pid, other);
  }
  const alive: ProcessInfo[] = [];
  for (const member of members.known.values()) if (await isAlive(member)) alive.push(member);
  return alive;
}

async function bearsMark(pid: number, marks: Marks): Promise<boolean> {
  const environment = await readText(`/proc/${pid}/environ`);
  if (environment?.split('\0').includes(marks.variable) === true) return true;
  if (marks.queueLimit === undefined) return false;
  const limits = await readText(`/proc/${pid}/limits`);
  return limits !== undefined && new RegExp(`^Max msgqueue size +[0-9]+ +${marks.queueLimit} `, 'm').test(limits);
}

function tryKill(powers: ExecPowers, pid: number, signal: NodeJS.Signals): void {
  try {
    powers.kill(pid, signal);
  } catch {
    // Gone already, which is what was wanted.
  }
}
