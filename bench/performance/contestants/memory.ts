import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMebibytes } from '../../server/process.ts';

/** Nothing that a start leaves behind is in use by then. */
const settleMs = 10_000;
const sampleMs = 50;

/** What processes, and those that they have started, hold resident together, in MiB. One that has just ended holds nothing. */
export function residentOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ownResident(pid) + residentOf(childrenOf(pid)), 0);
}

/** The same some seconds from now. */
export async function settled(pids: readonly number[]): Promise<number> {
  await sleep(settleMs);
  return residentOf(pids);
}

/** The most of it while something goes on. */
export async function mostResident(pids: readonly number[], action: () => Promise<unknown>): Promise<number> {
  let most = residentOf(pids);
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      most = Math.max(most, residentOf(pids));
      await sleep(sampleMs);
    }
  })();
  try {
    await action();
  } finally {
    over.abort();
    await watching;
  }
  return most;
}

function ownResident(pid: number): number {
  try {
    const resident = residentMebibytes(pid);
    return Number.isNaN(resident) ? 0 : resident;
  } catch {
    return 0;
  }
}

/** Of all threads: each has a list of those that it has started. */
function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
      const text = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim();
      return text === '' ? [] : text.split(' ').map(Number);
    });
  } catch {
    return [];
  }
}
