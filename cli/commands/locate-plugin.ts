import { basename, dirname, resolve } from 'node:path';
import type { AbsolutePath } from '../../schemas/index.ts';

/** A folder, however a command line names it (`.`, `../mine`, an absolute path), as `uses:` would beside it; else a node's name. */
export function locatePlugin(plugin: string, cwd: string): { readonly uses: string; readonly folder: AbsolutePath } {
  // Both: resolve() gives an absolute path.
  if (!/^(?:\/|\.\.?(?:\/|$))/.test(plugin)) return { uses: plugin, folder: resolve(cwd) as AbsolutePath };
  const path = resolve(cwd, plugin);
  return { uses: `./${basename(path)}`, folder: dirname(path) as AbsolutePath };
}
