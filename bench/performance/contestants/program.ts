import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Where a program runs, and with what. */
export interface ProgramOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs a program to its end, with nobody to read what it prints. Throws, with the end of its standard error, where it fails. */
export async function succeed(command: string, argv: readonly string[], options: ProgramOptions): Promise<void> {
  const child = spawn(command, argv, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  const [[code], errors] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors.trim().split('\n').at(-1) ?? ''}`);
}
