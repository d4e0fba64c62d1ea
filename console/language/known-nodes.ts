import type { NodeCatalogue, NodeDescription } from '../../dsl/api.ts';
import type { JsonObject } from '../../schemas/index.ts';
import type { Node } from '../api/types.ts';
import type { Known } from './protocol.ts';

const named =
  /^([a-z][a-z0-9-]{0,63})@(?:v(\d{1,9})(?:\.(\d{1,9}))?|(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)|sha256:[0-9a-f]{64})$/u;

/** The nodes that the server knows, for the reader of a workflow. The server looks at the rest when the workflow is handed in. */
export function knownNodes({ nodes, capabilities }: Pick<Known, 'nodes' | 'capabilities'>): NodeCatalogue {
  const byName = Map.groupBy(nodes.toSorted(byVersion), ({ name }) => name);
  return {
    find(uses) {
      if (uses.startsWith('.')) return besides;
      const [, name, major, minor, version] = named.exec(uses) ?? [];
      if (name === undefined) return { missing: 'a plugin is written as `name@v1`, `name@1.4.0` or `name@sha256:...`' };
      const all = byName.get(name) ?? [];
      if (all.length === 0) return { missing: `there is no plugin \`${name}\` here` };
      const prefix = [major, minor].filter((part) => part !== undefined);
      const found = all.findLast(
        (node) =>
          (version === undefined || node.version === version) &&
          prefix.every((part, index) => node.version.split('.')[index] === part) &&
          (prefix.length === 0 || !node.version.includes('-')),
      );
      if (found !== undefined) return { node: described(found) };
      return { missing: `there is no such version of ${name}, only ${all.map((node) => node.version).join(', ')}` };
    },
    names: () => [...new Set(nodes.map(({ uses }) => uses))],
    permissionSchemas: () => capabilities,
  };
}

/** The server has no folders of whoever writes the workflow. */
const besides = {
  missing: 'the plugin lies beside the workflow file, and a server takes nothing from there but workflows',
  remedy: 'Install the plugin on the server, and name it in `uses`.',
  local: true,
} as const;

function described({ uses, description, runtime, inputs, outputs, dynamic_outputs, built_in }: Node): NodeDescription {
  return {
    uses,
    description,
    runtime: runtime === 'isolate' || runtime === 'wasm' ? runtime : 'control',
    origin: built_in ? 'built-in' : 'installed',
    // The API says that each is a JSON Schema.
    inputs: inputs as Readonly<Record<string, JsonObject>>,
    outputs: outputs as Readonly<Record<string, JsonObject>>,
    dynamic_outputs,
  };
}

function byVersion(one: Node, other: Node): number {
  return one.version.localeCompare(other.version, 'en', { numeric: true });
}
