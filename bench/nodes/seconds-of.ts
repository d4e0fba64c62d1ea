import { type ExecFileSyncOptions, execFileSync } from 'node:child_process';

/** How long a tool takes, in seconds. What it prints is dropped, but for its complaints. Throws where it fails. */
export function secondsOf(program: string, argv: readonly string[], options: ExecFileSyncOptions = {}): number {
  const start = performance.now();
  execFileSync(program, argv, { stdio: ['pipe', 'ignore', 'inherit'], ...options });
  return (performance.now() - start) / 1000;
}
