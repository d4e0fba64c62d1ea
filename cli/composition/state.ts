import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';

/** Where runs are kept: `--state`, else `$XDG_STATE_HOME/waterflow`, else `~/.local/state/waterflow` (XDG Base Directory 0.8). */
export function stateFolder(terminal: Pick<Terminal, 'cwd' | 'env'>, flag: string | undefined): AbsolutePath {
  const home = terminal.env['XDG_STATE_HOME'];
  // The specification says to ignore a relative path there.
  const base = home?.startsWith('/') ? home : join(homedir(), '.local', 'state');
  // resolve() gives an absolute, normalized path.
  return resolve(terminal.cwd, flag ?? join(base, 'waterflow')) as AbsolutePath;
}

/** The audit log of a run in its folder. */
export function auditFile(runFolder: string): AbsolutePath {
  return join(runFolder, 'audit.ndjson') as AbsolutePath; // Run folders are absolute.
}

/** What plugins store from one run to the next, beside the runs. */
export function storeFile(state: AbsolutePath): AbsolutePath {
  return join(state, 'store.sqlite') as AbsolutePath; // State folders are absolute.
}
