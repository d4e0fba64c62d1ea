import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { type Cgroup, type CgroupTree, gateOpener } from '../cgroup/index.ts';
import { ownNodeEnvironment } from '../own-node.ts';
import { FrameReader, WireError } from '../sandbox-host/wire.ts';
import type { Installation } from './confinement/installation.ts';
import { dataLimitBytes } from './confinement/memory-class.ts';
import {
  controlDescriptor,
  gateDescriptor,
  type HostCommand,
  type HostKind,
  hostCommand,
  infoDescriptor,
} from './confinement/recipe.ts';
import {
  errorDescriptor,
  type HostEnd,
  HostProcess,
  HostStartFailure,
  type HostSurroundings,
  socketOf,
} from './host-process.ts';
import type { SupervisorPowers } from './powers.ts';

/** A started host answers in 0.1 s; on a machine that is overloaded beyond use it is given up after this. */
const startTimeoutMs = 20_000;
/** Enough for V8's last words. */
const errorOutputBytes = 4096;

/** Starts a host and waits until it is ready. Throws {@link HostStartFailure}. */
export async function startHost(kind: HostKind, surroundings: HostSurroundings): Promise<HostProcess> {
  const { installation, powers } = surroundings;
  const command = hostCommand(kind, installation);
  const child = spawnHost(command, installation, powers);
  const group = command.waits ? enterGroup(child, kind, surroundings.cgroups) : undefined;
  const ended = endOf(child, group);
  const control = socketOf(child, controlDescriptor);
  const giveUp = Promise.withResolvers<never>();
  const cancelTimer = powers.after(startTimeoutMs, () =>
    giveUp.reject(new HostStartFailure(`it wasn't ready after ${startTimeoutMs / 1000} s`)),
  );
  const failed = ended.then(({ status, errorOutput }) => {
    throw new HostStartFailure(`it ended with ${status} before it was ready: ${lastWords(errorOutput)}`);
  });
  const reported = command.reportsChild ? childReport(socketOf(child, infoDescriptor)) : undefined;
  let init: number | undefined;
  try {
    const [report] = await Promise.race([Promise.all([reported, ready(control)]), failed, giveUp.promise]);
    init = report;
    if (init !== undefined) await Promise.race([untilBound(init, powers), failed, giveUp.promise]);
    const pid = init === undefined ? child.pid : childOf(init, powers);
    if (pid === undefined) throw new HostStartFailure('its process was not found under /proc');
    if (group !== undefined) boundGroup(group, kind);
    return new HostProcess(kind, { child, pid, init, ended, group }, surroundings);
  } catch (error) {
    group?.kill();
    child.kill('SIGKILL');
    if (init !== undefined) powers.kill(init);
    throw error;
  } finally {
    cancelTimer();
    failed.catch(() => {});
  }
}

function spawnHost(command: HostCommand, installation: Installation, powers: SupervisorPowers): ChildProcess {
  // bubblewrap reads the filter to its end, so each host gets an open file of its own.
  const filter = command.seccompFilter === undefined ? undefined : openSync(command.seccompFilter, 'r');
  try {
    return powers.spawn(command.command, command.argv, {
      cwd: '/',
      // Ctrl-C on the agent's terminal is not for it: one that is ready would be gone when the next step needs it.
      detached: true,
      // Without a root of its own it would find the machine's time zone, which tells a guest where it runs.
      env: { TZ: 'UTC', ...ownNodeEnvironment() },
      stdio: [
        'ignore',
        'ignore',
        'pipe',
        'pipe',
        'pipe',
        filter ?? 'ignore',
        command.reportsChild ? 'pipe' : 'ignore',
        ...(command.waits ? (['pipe'] as const) : []),
      ],
      ...installation.user,
    });
  } finally {
    if (filter !== undefined) closeSync(filter);
  }
}

/** Threads of bubblewrap (2) and of Node with its engine (11 at most), and room for a few more. */
const pidsLimit = 32;
/** Beside a guest's memory: code pages that it is the first one to touch, and what the kernel keeps for its processes. */
const groupSlackBytes = 32 * 1024 * 1024;

/** Puts the host into a control group of its own while it still waits, and lets it go on. Throws {@link HostStartFailure}. */
function enterGroup(child: ChildProcess, kind: HostKind, cgroups: CgroupTree | undefined): Cgroup {
  const { pid } = child;
  const gate = socketOf(child, gateDescriptor);
  gate.on('error', () => {});
  let group: Cgroup | undefined;
  try {
    if (cgroups === undefined || pid === undefined) throw new Error('no control groups are delegated to this agent');
    group = cgroups.create('hosts', { memory_bytes: dataLimitBytes(kind.runtime, kind.memoryClass), pids: pidsLimit });
    group.add(pid);
    gate.end(gateOpener);
    return group;
  } catch (error) {
    child.kill('SIGKILL');
    void group?.remove();
    throw new HostStartFailure(`its control group: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What it needed to get ready is the baseline, as for the watchdog; above it the whole group may hold what its class says. */
function boundGroup(group: Cgroup, { memoryClass }: HostKind): void {
  group.limit({ memory_bytes: group.facts().memory_bytes + memoryClass * 1024 * 1024 + groupSlackBytes });
}

/** Resolves when the command has ended and the control channel is closed; its group is removed then. */
function endOf(child: ChildProcess, group: Cgroup | undefined): Promise<HostEnd> {
  let errorOutput = '';
  child.stderr?.on('data', (chunk: Uint8Array) => {
    errorOutput = (errorOutput + Buffer.from(chunk).toString('latin1')).slice(-errorOutputBytes);
  });
  const exit = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const streams = child.stdio.map((stream) => {
    if (stream === null || stream === undefined) return undefined;
    // A host that dies leaves writes behind; its end is told by the exit.
    stream.on('error', () => {});
    return new Promise<void>((resolve) => stream.on('close', () => resolve()));
  });
  const closed =
    child.pid === undefined ? undefined : Promise.all([streams[controlDescriptor], streams[errorDescriptor]]);
  return Promise.all([exit, closed]).then(([status]) => {
    const ranOutOfMemory = (group?.facts().oom_kills ?? 0) > 0;
    group?.kill();
    void group?.remove();
    return { status, errorOutput, ranOutOfMemory };
  });
}

function ready(control: Socket): Promise<void> {
  const reader = new FrameReader(0);
  return new Promise((resolve, reject) => {
    control.on('data', function onData(chunk: Uint8Array) {
      try {
        for (const { header } of reader.push(chunk)) {
          if (header['t'] !== 'ready') throw new WireError('an unexpected frame');
          control.off('data', onData);
          // Keeps reading, so that the end is seen; a host says nothing more here unless it is asked.
          control.resume();
          resolve();
        }
      } catch (error) {
        reject(error instanceof Error ? new HostStartFailure(error.message) : error);
      }
    });
  });
}

/** bubblewrap writes `{ "child-pid": N, … }`; where it fails instead, its end says why. */
function childReport(info: Socket): Promise<number> {
  let text = '';
  return new Promise((resolve) => {
    info.on('data', (chunk: Uint8Array) => {
      text += Buffer.from(chunk).toString();
      const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
  });
}

/** Between two looks at whether the init sleeps. */
const boundPollMs = 1;

/**
 * Resolves when the namespace's init sleeps. Only after it has started the host does bubblewrap's init ask the kernel to
 * kill it with the agent (containers/bubblewrap, issue 633), and then it waits for its children. A guest that were let in
 * earlier could loop on without an agent.
 */
async function untilBound(init: number, powers: SupervisorPowers): Promise<void> {
  for (;;) {
    // The state follows the name, which is in parentheses and may hold some: proc_pid_stat(5).
    const state = /^.*\) (\S)/s.exec(powers.readText(`/proc/${init}/stat`) ?? '')?.[1];
    if (state === undefined || state === 'Z') throw new HostStartFailure("its namespace's init is gone");
    if (state === 'S') return;
    await new Promise<void>((resolve) => void powers.after(boundPollMs, resolve));
  }
}

/** The only child of the namespace's init: the host itself. */
function childOf(init: number, powers: SupervisorPowers): number | undefined {
  const pid = Number.parseInt(powers.readText(`/proc/${init}/task/${init}/children`) ?? '', 10);
  return Number.isNaN(pid) ? undefined : pid;
}

/** What a process that ends says of why: of what Node throws the error, behind which it prints its stack and its version; else the last line. */
function lastWords(text: string): string {
  const lines = text.trim().split('\n');
  return lines.find((line) => /^(?:Uncaught )?\w*Error\b.*: /.test(line)) ?? lines.at(-1) ?? '';
}
