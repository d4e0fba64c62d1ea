import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';

/**
 * A folder, however a command line names it (`.`, `../mine`, `mine`, an absolute path), as `uses:` would beside it; else a node's name with its
 * version. Throws PLUGIN_NOT_FOUND for a name that is neither.
 */
export function locatePlugin(plugin: string, cwd: string): { readonly uses: string; readonly folder: AbsolutePath } {
  const isPath = /^(?:\/|\.\.?(?:\/|$))/.test(plugin);
  const path = resolve(cwd, plugin);
  if (isPath || (!plugin.includes('@') && existsSync(join(path, 'plugin.yaml')))) {
    return { uses: `./${basename(path)}`, folder: dirname(path) as AbsolutePath }; // resolve() gives an absolute path.
  }
  if (plugin.includes('@')) return { uses: plugin, folder: resolve(cwd) as AbsolutePath };
  throw new WaterflowFailure({
    code: 'PLUGIN_NOT_FOUND',
    message: `there is no plugin.yaml in ${plugin}`,
    remedy: `Name a plugin's folder, or a node or an installed plugin with its version: ${basename(path)}@v1.`,
  });
}
