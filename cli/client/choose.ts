import type { Terminal } from '../terminal.ts';
import { mayNameServer } from './config-path.ts';
import type { Client } from './http.ts';
import type { TargetFlags } from './target.ts';

/** A command that works on a server's runs and on those of this machine. */
export interface Places {
  readonly local: () => Promise<number>;
  readonly remote: (client: Client) => Promise<number>;
}

/** Carries a command out on the server that flags, environment or configuration name, else on this machine; gives the exit code. */
export async function onServerOrHere(
  terminal: Terminal,
  flags: TargetFlags,
  { local, remote }: Places,
): Promise<number> {
  if (!mayNameServer(terminal, flags)) return await local();
  const [{ findServer }, { createClient }] = await Promise.all([import('./target.ts'), import('./http.ts')]);
  const target = findServer(terminal, flags);
  return target === undefined ? await local() : await remote(createClient(target));
}
