import { openPluginVersions, type PluginVersions } from '../../agent/plugin-versions/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';

/** Where a command keeps versions of plugins, once it is known. */
const kept = new WeakMap<Terminal, PluginVersions>();

/** Has what is read of the plugin folder from now on be at hand in a state folder, for the runs that are in it. */
export function keepVersionsIn(terminal: Terminal, state: AbsolutePath): PluginVersions {
  const versions = openPluginVersions(state, terminal);
  kept.set(terminal, versions);
  return versions;
}

/** Where this command keeps versions; undefined where it carries out nothing. */
export function versionsOf(terminal: Terminal): PluginVersions | undefined {
  return kept.get(terminal);
}
