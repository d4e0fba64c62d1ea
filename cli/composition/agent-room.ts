import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'winston';
import type { GivenClaim } from '../../agent/worker/work.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { rememberClaims } from './agent-claims.ts';

/** With less than that on its disk an agent would fail the jobs that it takes, before another agent could have them. */
const leastFreeBytes = 4 * 1024 * 1024;
const lookMs = 2000;

/** Waits, as long as the disk of the state folder is full. Says once that it is, and once that there is room again. */
export function untilThereIsRoom(stateDir: AbsolutePath, log: Logger): (signal: AbortSignal) => Promise<void> {
  let isFull = false;
  return async (signal) => {
    while (!(await hasRoom(stateDir))) {
      if (!isFull) {
        log.warn('the disk of the state folder is full: no jobs are taken until there is room', { folder: stateDir });
      }
      isFull = true;
      await sleep(lookMs, undefined, { signal, ref: false });
    }
    if (isFull) log.info('there is room again: jobs are taken', { folder: stateDir });
    isFull = false;
  };
}

/** Whether there is room for a job. Where it can't be found out, what is written will say. */
export async function hasRoom(stateDir: AbsolutePath): Promise<boolean> {
  return await statfs(stateDir).then(
    ({ bavail, bsize }) => bavail * bsize >= leastFreeBytes,
    () => true,
  );
}

/** Keeps the claims that there are for the process that comes after; of a disk that takes nothing says so, and jobs go on. */
export function rememberOrTell(stateDir: AbsolutePath, log: Logger): (claims: readonly GivenClaim[]) => void {
  return (claims) => {
    try {
      rememberClaims(stateDir, claims);
    } catch (cause) {
      const reason = String(cause);
      log.warn('the jobs of this agent are not noted: if it is killed now, they wait for `lost-after`', { reason });
    }
  };
}
