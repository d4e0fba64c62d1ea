import type { EntryLimits, LimitKinds } from '../entry-limits.ts';

/** What an entry's `limits` may bound. */
export type ExecLimitKey = 'time' | 'memory' | 'processes' | 'output';
/** Milliseconds, bytes, a number and bytes. */
export type ExecLimits = EntryLimits<ExecLimitKey>;

/** The keys of `limits`. */
export const execLimitKinds: LimitKinds<ExecLimitKey> = {
  time: { kind: 'duration', description: 'how long the program may run, e.g. `10m`' },
  memory: { kind: 'size', description: 'memory of the program and all that it starts together, e.g. `2GiB`' },
  processes: { kind: 'count', description: 'processes and threads at one time' },
  output: { kind: 'size', description: 'bytes on stdout and stderr together' },
};

/** Of profile workspace where no entry says: enough for a parallel build, too few to harm a machine. */
const defaultProcesses = 512;
/** Of the machine's memory; the rest is the agent's and the other programs'. */
const defaultMemoryShare = 0.75;

/** What holds for one program. Profile host has no bound that no entry names. */
export function effectiveLimits(
  limits: ExecLimits,
  { profile, machineMemory }: { readonly profile: 'workspace' | 'host'; readonly machineMemory: number },
): ExecLimits {
  if (profile === 'host') return limits;
  return { memory: Math.floor(machineMemory * defaultMemoryShare), processes: defaultProcesses, ...limits };
}
