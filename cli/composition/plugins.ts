import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { approvedBy, createPluginCatalogue, type PluginCatalogue } from '../../runtime/manifest/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { packageRoot } from '../package-root.ts';
import type { Terminal } from '../terminal.ts';
import { erasureFor } from './erasure.ts';

const defaultPluginFolder = '/opt/waterflow/plugins';

/** Where the nodes lie that come with Waterflow: below the package's root, which is absolute. */
export const builtInPlugins: AbsolutePath = join(packageRoot(import.meta.url), 'plugins') as AbsolutePath;

/** Catalogues of a command, by what is approved: the reader of a workflow and the agent then see the same manifests. */
const opened = new WeakMap<Terminal, Map<string, PluginCatalogue>>();

/** The nodes that ship with Waterflow and, where there is one, the machine's plugin folder (PLUGIN_DIR), read once. */
export function openPlugins(terminal: Terminal, approve: readonly string[]): PluginCatalogue {
  const catalogues = opened.get(terminal) ?? new Map<string, PluginCatalogue>();
  opened.set(terminal, catalogues);
  const key = JSON.stringify(approve);
  const catalogue = catalogues.get(key) ?? readPlugins(terminal, approve);
  catalogues.set(key, catalogue);
  return catalogue;
}

/** Has plugins be read anew by whoever opens them from now on: their folders have changed. */
export function forgetPlugins(terminal: Terminal): void {
  opened.delete(terminal);
}

function readPlugins(terminal: Terminal, approve: readonly string[]): PluginCatalogue {
  const folder = terminal.env['PLUGIN_DIR'] ?? defaultPluginFolder;
  return createPluginCatalogue({
    builtIn: builtInPlugins,
    ...(existsSync(folder) ? { installed: folder as AbsolutePath } : {}), // PLUGIN_DIR is documented as absolute.
    eraseTypes: erasureFor(terminal),
    approved: approvedBy(approve, terminal.cwd as AbsolutePath), // process.cwd() is absolute.
  });
}
