import { readFileSync } from 'node:fs';

/** What a process holds, in MB. */
export interface Memory {
  readonly resident: number;
  /** Shared with no other process. */
  readonly private: number;
}

const kilobytes = 1024;

/** As the kernel counts it, for a process and those that it has started. */
export function memoryOf(pid: number): Memory {
  const own = memoryOfOne(pid);
  const children = childrenOf(pid).map(memoryOf);
  return [own, ...children].reduce((sum, one) => ({
    resident: sum.resident + one.resident,
    private: sum.private + one.private,
  }));
}

/** The processes that a process has started. */
export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function memoryOfOne(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'mu').exec(text)?.[1]) / kilobytes;
  return { resident: field('Rss'), private: field('Private_Clean') + field('Private_Dirty') };
}
