import type { LoadedPlugin } from '../../plugin.ts';

/**
 * As whom a plugin keeps values: its name where that is its own alone (the names of built-in nodes can't be taken), else the folder that
 * it lies in together with its name. So a new version in the same folder finds what the old one kept, and no plugin reads another's values by
 * calling itself the same.
 */
export function storeOwnerOf(plugin: Pick<LoadedPlugin, 'origin' | 'identity' | 'folder'>): string {
  const { name } = plugin.identity;
  return plugin.origin === 'built-in' ? `built-in ${name}` : `${name} in ${plugin.folder}`;
}
