import { globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPlugins } from '../cli/composition/plugins.ts';
import { processTerminal } from '../cli/terminal.ts';
import type { NodeCatalogue } from '../dsl/index.ts';
import type { AbsolutePath } from '../schemas/index.ts';

/** The nodes that come with Waterflow, and those of the examples. No others are looked for: a mutated path would lead to any folder. */
export function fuzzedCatalogue(): NodeCatalogue {
  const examples = join(import.meta.dirname, '..', 'examples');
  const terminal = { ...processTerminal(process), env: {}, cwd: tmpdir() };
  const plugins = openPlugins(terminal, []);
  const builtIn = plugins.nodes(undefined);
  // Beside this file, which node finds by an absolute path.
  const local = plugins.nodes(examples as AbsolutePath);
  const found = new Map(
    globSync('plugins/*', { cwd: examples }).map((folder) => [`./${folder}`, local.find(`./${folder}`)]),
  );
  return {
    find: (uses) => found.get(uses) ?? builtIn.find(uses),
    names: () => builtIn.names(),
    permissionSchemas: () => builtIn.permissionSchemas(),
    permissionProblem: (capability, entry) => builtIn.permissionProblem?.(capability, entry),
  };
}
