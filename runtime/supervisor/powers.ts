import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What the supervisor may do to the world. Tests hand in others; `systemPowers` are the real ones. */
export interface SupervisorPowers {
  spawn(command: string, argv: readonly string[], options: SpawnOptions): ChildProcess;
  /** SIGKILL; a process that is gone already is no error. */
  kill(pid: number): void;
  /** A small file's text, undefined where it can't be read (a process's /proc entry when it ended). */
  readText(path: string): string | undefined;
  /** Milliseconds that only ever grow. */
  now(): number;
  /** Runs `action` once; the result takes it back. Keeps the process alive until then. */
  after(milliseconds: number, action: () => void): () => void;
  /** Runs `action` again and again until taken back. Doesn't keep the process alive. */
  every(milliseconds: number, action: () => void): () => void;
}

/** Node's own. */
export const systemPowers: SupervisorPowers = {
  spawn: (command, argv, options) => spawn(command, argv, options),
  kill: (pid) => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone already: that is what was wanted.
    }
  },
  readText: (path) => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return undefined;
    }
  },
  now: () => performance.now(),
  after: (milliseconds, action) => {
    const timer = setTimeout(action, Math.min(milliseconds, longestTimerMs));
    return () => clearTimeout(timer);
  },
  every: (milliseconds, action) => {
    const timer = setInterval(action, milliseconds).unref();
    return () => clearInterval(timer);
  },
};

/** Node fires a longer timer at once. */
const longestTimerMs = 2 ** 31 - 1;
