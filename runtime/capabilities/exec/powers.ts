import type { ChildProcess, SpawnOptions } from 'node:child_process';
import type { NetPowers } from '../net/powers.ts';

/** What exec needs of the outside; only the composition root hands in the real ones. */
export interface ExecPowers {
  readonly spawn: (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;
  /** As process.kill: throws where the process is gone. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => void;
  /** Resolves after that many milliseconds; rejects when the signal is aborted. */
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly graces: KillGraces;
}

/** What it needs to know of the machine, and to reach. */
export interface ExecMachinePowers {
  /** For connections of confined programs. */
  readonly lookup: NetPowers['lookup'];
  /** Bytes; in a container that bounds it, its part. */
  readonly memory: number;
  /** The agent's own user. */
  readonly uid: number | undefined;
  /** The kernel's release, as uname(1) says it. */
  readonly kernel: string;
}

/** How long a program that is being cancelled may take before the next, stronger signal. */
export interface KillGraces {
  readonly interrupt_ms: number;
  readonly terminate_ms: number;
}

/** Long enough to write a state file after Ctrl-C, short enough that a cancelled job is over within ten seconds. */
export const killGraces: KillGraces = { interrupt_ms: 7_500, terminate_ms: 2_500 };
