import { execFileSync } from 'node:child_process';
import type { Platform } from './dependencies.ts';

/** The licence of Node's program and all that it contains, from the npm package that the program came in. Asks npm's registry, or npm's cache. */
export function nodeLicence(version: string, { os, cpu }: Platform, scratch: string): string {
  const name = `node-${os}-${cpu}@${version}`;
  const argv = ['pack', name, '--prefer-offline', '--json', '--loglevel=error'];
  const output = execFileSync('npm', argv, { cwd: scratch, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const [packed] = JSON.parse(output) as [{ readonly filename: string }]; // npm's format.
  return execFileSync('tar', ['-xzOf', packed.filename, 'package/LICENSE'], { cwd: scratch, encoding: 'utf8' });
}
