import { posix } from 'node:path';
import type { CgroupPowers } from './powers.ts';

/** What the processes of a group may use together. */
export interface CgroupLimits {
  /** Memory of every kind, page cache and kernel structures included; over it the kernel kills the whole group. */
  readonly memory_bytes?: number;
  /** Processes and threads. */
  readonly pids?: number;
}

/** What a group used, or ran into. */
export interface CgroupFacts {
  readonly memory_bytes: number;
  readonly cpu_ms: number;
  /** Times that the kernel killed for memory, or refused a process. */
  readonly oom_kills: number;
  readonly refused_processes: number;
}

/** Between two looks at whether a killed group is empty. */
const emptyPollMs = 2;
/** A killed process is gone in milliseconds; one that hangs in the kernel for longer is left to the next start. */
const removeTimeoutMs = 5_000;

/** One group (Linux, Documentation/admin-guide/cgroup-v2.rst): processes that are bounded, measured and killed together. */
export class Cgroup {
  readonly folder: string;
  readonly #powers: CgroupPowers;

  constructor(folder: string, powers: CgroupPowers) {
    this.folder = folder;
    this.#powers = powers;
  }

  /** Sets limits; one that isn't named stays as it is. */
  limit({ memory_bytes, pids }: CgroupLimits): void {
    if (memory_bytes !== undefined) {
      this.#write('memory.max', `${memory_bytes}`);
      // Absent where the kernel has no swap.
      if (this.#read('memory.swap.max') !== undefined) this.#write('memory.swap.max', '0');
      this.#write('memory.oom.group', '1');
    }
    if (pids !== undefined) this.#write('pids.max', `${pids}`);
  }

  /** Moves a process in. Its later children are born here; memory that it has stays charged where it was. */
  add(pid: number): void {
    this.#write('cgroup.procs', `${pid}`);
  }

  /** Processes in it now. */
  processes(): readonly number[] {
    return (this.#read('cgroup.procs') ?? '').split('\n').filter(Boolean).map(Number);
  }

  facts(): CgroupFacts {
    return {
      memory_bytes: Number(this.#read('memory.current') ?? 0),
      cpu_ms: this.#field('cpu.stat', 'usage_usec') / 1000,
      oom_kills: this.#field('memory.events', 'oom_kill'),
      refused_processes: this.#field('pids.events', 'max'),
    };
  }

  /** Kills every process in it, those that it forks meanwhile included. */
  kill(): void {
    try {
      this.#powers.writeText(posix.join(this.folder, 'cgroup.kill'), '1');
    } catch {
      // Gone already: that is what was wanted.
    }
  }

  /** Waits until it is empty, and removes it. False where it isn't empty after five seconds. */
  async remove(): Promise<boolean> {
    for (let waited = 0; waited <= removeTimeoutMs; waited += emptyPollMs) {
      try {
        this.#powers.removeFolder(this.folder);
        return true;
      } catch (error) {
        // File operations throw the system's errors only.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
        await this.#powers.pause(emptyPollMs);
      }
    }
    return false;
  }

  #field(file: string, name: string): number {
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(this.#read(file) ?? '')?.[1] ?? 0);
  }

  #read(file: string): string | undefined {
    return this.#powers.readText(posix.join(this.folder, file));
  }

  #write(file: string, text: string): void {
    this.#powers.writeText(posix.join(this.folder, file), text);
  }
}
