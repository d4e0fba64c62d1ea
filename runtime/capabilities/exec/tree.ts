import { readdirSync, readFileSync } from 'node:fs';

/** What a program and all that it started take at one moment. */
export interface TreeUse {
  /** Threads count as processes, as they do for the kernel's own limit. */
  readonly processes: number;
  /** Resident memory that isn't a file's: pages that processes share are in it once for each of them. */
  readonly memory_bytes: number;
  readonly pids: readonly number[];
}

/** After so many the rest is not looked at: it is too many anyway. */
const maxPids = 20_000;

/**
 * Walks a tree of processes down from its roots, synchronously: one process takes some tens of microseconds, and a tree that
 * grows while it is looked at is the case that matters. What has lost its parent is a child of a namespace's first process.
 */
export function measureTree(roots: readonly number[], enough: number): TreeUse {
  const pids: number[] = [];
  const seen = new Set<number>(roots);
  let processes = 0;
  let memory = 0;
  for (const pid of seen) {
    const threads = listThreads(pid);
    if (threads === undefined) continue;
    pids.push(pid);
    processes += threads.length;
    memory += memoryOf(pid);
    if (processes > enough || pids.length > maxPids) break;
    // A set visits what is added while it is walked.
    for (const thread of threads) for (const child of childrenOf(pid, thread)) seen.add(child);
  }
  return { processes, memory_bytes: memory, pids };
}

/** The same memory with shared pages counted by their share: exact, and a hundred times dearer. */
export function proportionalMemory(pids: readonly number[]): number {
  let kilobytes = 0;
  for (const pid of pids) {
    const text = read(`/proc/${pid}/smaps_rollup`) ?? '';
    // Kernels before 5.9 have the sum only, with the files' pages in it.
    const parts = [...text.matchAll(/^Pss_(?:Anon|Shmem): +([0-9]+) kB$/gm)];
    const found = parts.length > 0 ? parts : [...text.matchAll(/^Pss: +([0-9]+) kB$/gm)];
    for (const [, digits = '0'] of found) kilobytes += Number(digits);
  }
  return kilobytes * 1024;
}

function listThreads(pid: number): readonly string[] | undefined {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    // Gone since it was listed.
    return undefined;
  }
}

function childrenOf(pid: number, thread: string): readonly number[] {
  const text = read(`/proc/${pid}/task/${thread}/children`) ?? '';
  return text.split(' ').filter(Boolean).map(Number);
}

/** Anonymous memory, that shared between processes included, and what of it is swapped out. */
function memoryOf(pid: number): number {
  let kilobytes = 0;
  for (const [, digits = '0'] of (read(`/proc/${pid}/status`) ?? '').matchAll(
    /^(?:RssAnon|RssShmem|VmSwap):\s+([0-9]+) kB$/gm,
  )) {
    kilobytes += Number(digits);
  }
  return kilobytes * 1024;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
