import type { SupervisorPowers } from './powers.ts';

/** Ticks of /proc/PID/stat in a second: USER_HZ, which is 100 on every architecture that we support. */
const ticksPerSecond = 100;
/** utime and stime are fields 14 and 15 (proc_pid_stat(5)); counted here behind the name, which may hold anything. */
const userTimeField = 11;

/** Processor time of a process, all of its threads, in milliseconds. Undefined where it is gone. */
export function readCpuMs(powers: Pick<SupervisorPowers, 'readText'>, pid: number): number | undefined {
  const fields = /^.*\) (.*)$/s.exec(powers.readText(`/proc/${pid}/stat`) ?? '')?.[1]?.split(' ');
  const [user, system] = (fields ?? []).slice(userTimeField, userTimeField + 2).map(Number);
  if (user === undefined || system === undefined) return undefined;
  return ((user + system) * 1000) / ticksPerSecond;
}
