/** Looks at the machine's processes (Linux's /proc), to see what a command leaves behind. */
import { readdirSync, readFileSync } from 'node:fs';

/** A process, told from a later one with the same id by when it started (clock ticks since boot). */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly startedAt: string;
  readonly command: string;
}

/** Every process below `pid`, without itself. */
export function descendantsOf(pid: number): readonly Process[] {
  const all = processes();
  const below = new Set([pid]);
  // A child's id may be lower than its parent's, so one pass isn't enough.
  for (let before = 0; before !== below.size; ) {
    before = below.size;
    for (const process of all) if (below.has(process.parent)) below.add(process.pid);
  }
  return all.filter((process) => process.pid !== pid && below.has(process.pid));
}

/** Those of them that still run; one that only waits to be collected by its parent doesn't. */
export function stillRunning(known: readonly Process[]): readonly Process[] {
  const now = new Map(processes().map((process) => [process.pid, process.startedAt]));
  return known.filter(({ pid, startedAt }) => now.get(pid) === startedAt);
}

/** The most memory that a process ever held, in bytes (VmHWM). */
export function peakMemory(pid: number): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}

function processes(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): readonly Process[] => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // The second field is a name in parentheses, which may hold anything (proc_pid_stat(5)).
        const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z' || state === 'X') return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(name), parent: Number(parent), startedAt: rest[17] ?? '', command }];
      } catch {
        return []; // It ended in between.
      }
    });
}
