import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Terminal } from '../terminal.ts';

/** `$XDG_CONFIG_HOME/waterflow/config.yaml` (XDG Base Directory 0.8, which says to ignore a relative path there). */
export function configPath({ env }: Pick<Terminal, 'env'>): string {
  const home = env['XDG_CONFIG_HOME'];
  const base = home?.startsWith('/') === true ? home : join(env['HOME'] ?? homedir(), '.config');
  return join(base, 'waterflow', 'config.yaml');
}

/** False where nothing can name a server, so that commands on this machine's runs need not read more. */
export function mayNameServer(
  terminal: Pick<Terminal, 'env'>,
  { server, profile }: { readonly server?: string; readonly profile?: string },
): boolean {
  if (server !== undefined || profile !== undefined) return true;
  return (terminal.env['WATERFLOW_SERVER_URL'] ?? '') !== '' || existsSync(configPath(terminal));
}
