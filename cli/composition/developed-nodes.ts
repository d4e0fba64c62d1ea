import type { NodeCatalogue } from '../../dsl/api.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { openPlugins } from './plugins.ts';

/** The nodes of this machine and the plugin folders in `folder`, as they are when they are asked for. */
export function developedNodes(terminal: Terminal, folder: AbsolutePath): NodeCatalogue {
  const nodes = (): NodeCatalogue => openPlugins(terminal, []).nodes(folder);
  return {
    find: (uses) => nodes().find(uses),
    names: () => nodes().names(),
    permissionSchemas: () => nodes().permissionSchemas(),
    permissionProblem: (capability, entry) => nodes().permissionProblem?.(capability, entry),
  };
}
