import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { encodeFrame, type Frame, FrameReader, WireError } from '../sandbox-host/wire.ts';
import type { Installation } from './confinement/installation.ts';
import {
  callDescriptor,
  controlDescriptor,
  type HostCommand,
  type HostKind,
  hostCommand,
  infoDescriptor,
} from './confinement/recipe.ts';
import { type ProcessMemory, readMemory } from './memory.ts';
import type { SupervisorPowers } from './powers.ts';

/** How a host process ended. */
export interface HostEnd {
  /** The exit code, or the signal's name. bubblewrap tells a signal as 128 + its number. */
  readonly status: string;
  /** The end of what it wrote to its error stream: V8 and bubblewrap say there why they gave up. */
  readonly errorOutput: string;
}

/** Who listens to a host at the moment. */
export interface HostListener {
  /** A frame of the call channel. */
  onFrame(frame: Frame): void;
  /** It sent what is no frame; it isn't read any more. */
  onViolation(what: string): void;
}

/** A host that didn't get ready, with what is known of why. */
export class HostStartFailure extends Error {
  override readonly name = 'HostStartFailure';
}

/** A started host answers in 0.1 s; on a machine that is overloaded beyond use it is given up after this. */
const startTimeoutMs = 20_000;
/** The error stream: V8 and bubblewrap say there why they gave up. */
const errorDescriptor = 2;
/** Enough for V8's last words. */
const errorOutputBytes = 4096;
/** Larger than any call or result may be, checked again by whoever reads it. */
export const incomingBodyBytesLimit: number = 16 * 1024 * 1024;

/** What a host is started with. */
export interface HostSurroundings {
  readonly installation: Installation;
  readonly powers: SupervisorPowers;
  readonly pageBytes: number;
}

/** One sandbox host process: started, confined, ready. It can be sent frames, listened to, measured and killed. */
export class HostProcess {
  readonly kind: HostKind;
  /** The process that holds the guest: not bubblewrap's. */
  readonly pid: number;
  /** Invocations that it has served. */
  calls = 0;
  /** Resident bytes after its first invocation. */
  firstResident: number | undefined;
  /** The number of the last call that it made; they count up over its life. */
  lastCall = 0;
  readonly ended: Promise<HostEnd>;
  readonly #child: ChildProcess;
  readonly #init: number | undefined;
  readonly #control: Socket;
  readonly #calls: Socket;
  readonly #streams: readonly Socket[];
  readonly #surroundings: HostSurroundings;
  #alive = true;
  #listener: HostListener | undefined;

  constructor(
    kind: HostKind,
    started: {
      readonly child: ChildProcess;
      readonly pid: number;
      readonly init: number | undefined;
      readonly ended: Promise<HostEnd>;
    },
    surroundings: HostSurroundings,
  ) {
    this.kind = kind;
    this.pid = started.pid;
    this.ended = started.ended;
    this.#child = started.child;
    this.#init = started.init;
    this.#surroundings = surroundings;
    this.#control = socketOf(started.child, controlDescriptor);
    this.#calls = socketOf(started.child, callDescriptor);
    this.#streams = [this.#control, this.#calls, socketOf(started.child, errorDescriptor)];
    this.#listenToCalls();
    this.#unref();
    void started.ended.then(() => {
      this.#alive = false;
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Sends a frame on the control channel. */
  sendControl(header: Readonly<Record<string, unknown>>, body?: Uint8Array | string): void {
    if (this.#alive) this.#control.write(encodeFrame(header, body));
  }

  /** Sends a frame on the control channel and waits for the host's one frame in return. */
  ask(header: Readonly<Record<string, unknown>>): Promise<Frame> {
    const reader = new FrameReader(incomingBodyBytesLimit);
    const answer = new Promise<Frame>((resolve, reject) => {
      this.#control.on('data', (chunk: Uint8Array) => {
        const [frame] = reader.push(chunk);
        if (frame !== undefined) resolve(frame);
      });
      void this.ended.then(({ status }) => reject(new HostStartFailure(`it ended with ${status}`)));
    });
    this.sendControl(header);
    return answer;
  }

  /** Sends a frame on the call channel; `taken` is called when the kernel has it, or the host is gone. */
  sendCall(header: Readonly<Record<string, unknown>>, body: string, taken: () => void): void {
    if (this.#alive) this.#calls.write(encodeFrame(header, body), taken);
    else taken();
  }

  /**
   * Hands the call channel to a listener; undefined: nobody, and then any frame is a violation. Only a host that someone
   * listens to keeps the agent's process alive.
   */
  listen(listener: HostListener | undefined): void {
    this.#listener = listener;
    if (!this.#alive) return;
    if (listener === undefined) this.#unref();
    else this.#ref();
  }

  /** Stops reading calls: what the host sends piles up on its own side. */
  pauseCalls(): void {
    this.#calls.pause();
  }

  resumeCalls(): void {
    this.#calls.resume();
  }

  memory(): ProcessMemory | undefined {
    return readMemory(this.#surroundings.powers, { pid: this.pid, pageBytes: this.#surroundings.pageBytes });
  }

  /**
   * Kills the process and waits until the guest is really gone. bubblewrap's own end comes first, so the namespace's init
   * is killed as well, and the end of the control channel awaited: that descriptor only the guest's process holds.
   */
  async kill(): Promise<HostEnd> {
    if (this.#alive) {
      this.#alive = false;
      this.#ref();
      this.#child.kill('SIGKILL');
      if (this.#init !== undefined) this.#surroundings.powers.kill(this.#init);
      this.#calls.resume();
    }
    return this.ended;
  }

  #ref(): void {
    this.#child.ref();
    for (const stream of this.#streams) stream.ref();
  }

  #unref(): void {
    this.#child.unref();
    for (const stream of this.#streams) stream.unref();
  }

  #listenToCalls(): void {
    const reader = new FrameReader(incomingBodyBytesLimit);
    this.#calls.on('data', (chunk: Uint8Array) => {
      try {
        for (const frame of reader.push(chunk)) this.#receive(frame);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        this.#violation(error.message);
      }
    });
  }

  #receive(frame: Frame): void {
    if (this.#listener === undefined) this.#violation('a frame while it had nothing to do');
    else this.#listener.onFrame(frame);
  }

  #violation(what: string): void {
    this.#calls.removeAllListeners('data');
    this.#calls.resume();
    if (this.#listener === undefined) void this.kill();
    else this.#listener.onViolation(what);
  }
}

/** Starts a host and waits until it is ready. Throws {@link HostStartFailure}. */
export async function startHost(kind: HostKind, surroundings: HostSurroundings): Promise<HostProcess> {
  const { installation, powers } = surroundings;
  const command = hostCommand(kind, installation);
  const child = spawnHost(command, installation, powers);
  const ended = endOf(child);
  const control = socketOf(child, controlDescriptor);
  const giveUp = Promise.withResolvers<never>();
  const cancelTimer = powers.after(startTimeoutMs, () =>
    giveUp.reject(new HostStartFailure(`it wasn't ready after ${startTimeoutMs / 1000} s`)),
  );
  const failed = ended.then(({ status, errorOutput }) => {
    throw new HostStartFailure(`it ended with ${status} before it was ready: ${lastLine(errorOutput)}`);
  });
  const reported = command.reportsChild ? childReport(socketOf(child, infoDescriptor)) : undefined;
  let init: number | undefined;
  try {
    const [report] = await Promise.race([Promise.all([reported, ready(control)]), failed, giveUp.promise]);
    init = report;
    const pid = init === undefined ? child.pid : childOf(init, powers);
    if (pid === undefined) throw new HostStartFailure('its process was not found under /proc');
    return new HostProcess(kind, { child, pid, init, ended }, surroundings);
  } catch (error) {
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
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', filter ?? 'ignore', command.reportsChild ? 'pipe' : 'ignore'],
      ...(installation.user ?? {}),
    });
  } finally {
    if (filter !== undefined) closeSync(filter);
  }
}

/** Resolves when the command has ended and the control channel is closed. */
function endOf(child: ChildProcess): Promise<HostEnd> {
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
  return Promise.all([exit, closed]).then(([status]) => ({ status, errorOutput }));
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

/** bubblewrap writes `{ "child-pid": N, … }` and closes. */
function childReport(info: Socket): Promise<number> {
  let text = '';
  return new Promise((resolve, reject) => {
    info.on('data', (chunk: Uint8Array) => {
      text += Buffer.from(chunk).toString();
      const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
    info.on('close', () => reject(new HostStartFailure('bubblewrap did not report its child')));
  });
}

/** The only child of the namespace's init: the host itself. */
function childOf(init: number, powers: SupervisorPowers): number | undefined {
  const pid = Number.parseInt(powers.readText(`/proc/${init}/task/${init}/children`) ?? '', 10);
  return Number.isNaN(pid) ? undefined : pid;
}

function socketOf(child: ChildProcess, descriptor: number): Socket {
  // Node makes a Socket for each 'pipe' of stdio; its type says Readable | Writable.
  return child.stdio[descriptor as 0 | 1 | 2 | 3 | 4] as unknown as Socket;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
