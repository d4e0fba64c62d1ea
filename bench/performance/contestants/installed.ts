import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where tools/install-peers.sh puts peers: a folder for each, named by its version, with a mark when all of it is there. */
const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'waterflow', 'peers');

/** A peer that is installed. Throws, with the remedy, where it isn't. */
export function installedPeer(name: string): { readonly folder: string; readonly version: string } {
  const found = existsSync(folder) ? readdirSync(folder).filter((each) => each.startsWith(`${name}-`)) : [];
  const complete = found.filter((each) => existsSync(join(folder, each, 'installed'))).toSorted();
  const last = complete.at(-1);
  if (last === undefined)
    throw new Error(`not installed; \`bash tools/install-peers.sh\` installs it where PyPI and the Go proxy are`);
  return { folder: join(folder, last), version: last.slice(name.length + 1) };
}
