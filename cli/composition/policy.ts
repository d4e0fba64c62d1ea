import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { choosePolicyFile, loadPolicy, type Policy } from '../../runtime/policy/index.ts';
import { packageRoot } from '../package-root.ts';
import type { Terminal } from '../terminal.ts';

/** The policy that holds: `--policy`, else WATERFLOW_POLICY, else the machine's, else the shipped default. */
export function openPolicy(terminal: Terminal, flag: string | undefined): Policy {
  const environment = terminal.env['WATERFLOW_POLICY'];
  const file = choosePolicyFile(
    {
      ...(flag === undefined ? {} : { flag: resolve(terminal.cwd, flag) }),
      ...(environment === undefined ? {} : { environment }),
      shipped: join(packageRoot(import.meta.url), 'policies', 'default.yaml'),
    },
    existsSync,
  );
  return loadPolicy(file);
}
