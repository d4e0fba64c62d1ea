import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Cgroup, CgroupTree } from '../cgroup/index.ts';
import { encodeFrame, type Frame, FrameReader, WireError } from '../sandbox-host/wire.ts';
import type { Installation } from './confinement/installation.ts';
import { callDescriptor, controlDescriptor, type HostKind } from './confinement/recipe.ts';
import { readCpuMs } from './cpu.ts';
import { type ProcessMemory, readMemory } from './memory.ts';
import type { SupervisorPowers } from './powers.ts';

/** How a host process ended. */
export interface HostEnd {
  /** The exit code, or the signal's name. bubblewrap tells a signal as 128 + its number. */
  readonly status: string;
  /** The end of what it wrote to its error stream: V8 and bubblewrap say there why they gave up. */
  readonly errorOutput: string;
  /** The kernel killed it because its control group was full. */
  readonly ranOutOfMemory: boolean;
}

/** Who listens to a host at the moment. */
export interface HostListener {
  /** A frame of the call channel. */
  onFrame(frame: Frame): void;
  /** It sent what is no frame; it isn't read any more. */
  onViolation(what: string): void;
  /** V8 has no memory left. isolated-vm 7 then leaves its thread hanging, so the process may never end by itself. */
  onOutOfMemory(): void;
  /** The process is gone, without having been told to. */
  onEnd(end: HostEnd): void;
}

/** A host that didn't get ready, with what is known of why. */
export class HostStartFailure extends Error {
  override readonly name = 'HostStartFailure';
}

/** The error stream: V8 and bubblewrap say there why they gave up. */
export const errorDescriptor = 2;
/** What V8 13 writes there before it gives up; nothing in a guest's reach writes there. */
const heapIsFull = /<--- Last few GCs --->|FATAL ERROR: .*out of memory/;
/** Longer than the longest of these, which may come in two parts. */
const keptCharacters = 500;
/** Larger than any call or result may be, checked again by whoever reads it. */
const incomingBodyBytesLimit: number = 16 * 1024 * 1024;

/** What a host is started with. */
export interface HostSurroundings {
  readonly installation: Installation;
  readonly powers: SupervisorPowers;
  readonly pageBytes: number;
  /** What was delegated to this agent of the machine's control groups; level 4 needs it. */
  readonly cgroups?: CgroupTree;
}

/** One sandbox host process: started, confined, ready. It can be sent frames, listened to, measured and killed. */
export class HostProcess {
  readonly kind: HostKind;
  /** The process that holds the guest: not bubblewrap's. */
  readonly pid: number;
  /** Invocations that it has served. */
  calls = 0;
  /** How long its last lease took, in milliseconds. */
  lastTurnMs = 0;
  /** Resident bytes after its first invocation. */
  firstResident: number | undefined;
  /** The number of the last call that it made; they count up over its life. */
  lastCall = 0;
  readonly ended: Promise<HostEnd>;
  readonly #child: ChildProcess;
  readonly #init: number | undefined;
  readonly #group: Cgroup | undefined;
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
      readonly group: Cgroup | undefined;
    },
    surroundings: HostSurroundings,
  ) {
    this.kind = kind;
    this.pid = started.pid;
    this.ended = started.ended;
    this.#child = started.child;
    this.#init = started.init;
    this.#group = started.group;
    this.#surroundings = surroundings;
    this.#control = socketOf(started.child, controlDescriptor);
    this.#calls = socketOf(started.child, callDescriptor);
    this.#streams = [this.#control, this.#calls, socketOf(started.child, errorDescriptor)];
    this.#listenToCalls();
    this.#listenToErrors();
    this.#unref();
    const noteEnd = async () => {
      const end = await started.ended;
      this.#alive = false;
      this.#listener?.onEnd(end);
    };
    void noteEnd();
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

  /** Processor time that it has used so far, in milliseconds. */
  cpuMs(): number | undefined {
    return readCpuMs(this.#surroundings.powers, this.pid);
  }

  /**
   * Kills the process and waits until the guest is really gone. bubblewrap's own end comes first, so the namespace's init
   * is killed as well, and the end of the control channel awaited: that descriptor only the guest's process holds.
   */
  async kill(): Promise<HostEnd> {
    if (this.#alive) {
      this.#alive = false;
      this.#ref();
      this.#group?.kill();
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

  #listenToErrors(): void {
    let text = '';
    socketOf(this.#child, errorDescriptor).on('data', (chunk: Uint8Array) => {
      text = (text + Buffer.from(chunk).toString('latin1')).slice(-keptCharacters);
      if (heapIsFull.test(text)) this.#listener?.onOutOfMemory();
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

/** The parent's end of one of a child's descriptors. */
export function socketOf(child: ChildProcess, descriptor: number): Socket {
  // Node makes a Socket for each 'pipe' of stdio; its type says Readable | Writable.
  return child.stdio[descriptor as 0 | 1 | 2 | 3 | 4] as unknown as Socket;
}
