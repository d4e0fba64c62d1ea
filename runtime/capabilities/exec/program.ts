import type { ChildProcess } from 'node:child_process';
import type { AbsolutePath } from '../../../schemas/index.ts';
import type { Binary } from './binary.ts';

/** A program, ready to be started. */
export interface Launch {
  readonly binary: Binary;
  /** Is run in its place: a copy whose digest was checked. */
  readonly copy: AbsolutePath | undefined;
  readonly argv: readonly string[];
  /** Complete: nothing of the agent's own environment is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** With every link followed. */
  readonly cwd: AbsolutePath;
  readonly stdin: 'ignore' | number;
  readonly stdout: number;
  readonly stderr: number;
  /** Done once its namespace is there and before it starts there; where it fails, it never does. Not for a program without one. */
  readonly prepare: ((first: number) => Promise<void>) | undefined;
}

/** A program that was started, with everything that it starts. */
export interface RunningProgram {
  /** To the program and those of its children that share its process group. */
  signal(name: 'SIGINT' | 'SIGTERM'): void;
  /** Ends all of it, detached children too; resolves when nothing of it is left. */
  kill(): Promise<void>;
  /** Processes from which all others of it descend, as far as they are known yet; `helpers` of them are not the program's. */
  roots(): { readonly pids: readonly number[]; readonly helpers: number };
  /** How the program itself ended. Its children may outlive it until kill(). */
  readonly ended: Promise<ProgramEnd>;
}

/** `not started`: the machinery around the program failed, and it never ran. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly signal?: NodeJS.Signals }
  | { readonly kind: 'not started'; readonly why: string };

/** How long kill() waits for the kernel to let go of a process that it killed. */
export const killWaitMs = 10_000;
/** Between two looks at whether it is gone. */
export const killPollMs = 5;

/** How the child that Node started ended, as a promise. Never rejects. */
export function exitOf(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly error?: Error }> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
  });
}
