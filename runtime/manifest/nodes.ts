import { join } from 'node:path';
import type { NodeCatalogue, NodeDescription } from '../../dsl/api.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import {
  type AbsolutePath,
  assertNever,
  isJsonObject,
  type JsonObject,
  type WaterflowError,
} from '../../schemas/index.ts';
import { grantableCapabilities } from '../capabilities/table.ts';
import { manifestFile } from './load.ts';
import { findShelved, missingReason, namesOf, nameTaken } from './lookup.ts';
import { readPluginManifest, type Shelf } from './shelf.ts';
import { parseUses } from './uses.ts';
import { inputFields, outputFields } from './values.ts';

/** What the reader of a workflow file may name. */
export interface NodeSources {
  readonly shelf: Shelf;
  /** Names that no plugin beside the workflow may have. */
  readonly reserved: ReadonlySet<string>;
  readonly workflowFolder: AbsolutePath | undefined;
  /** Whether a version has one digest here; absent: none has. */
  readonly locked?: (plugin: Pick<PluginManifest, 'name' | 'version'>) => boolean;
}

/** The catalogue as the reader of a workflow file in `workflowFolder` sees it: manifests only, nothing is loaded. */
export function nodeCatalogue(sources: NodeSources): NodeCatalogue {
  const { shelf } = sources;
  return {
    find: (uses) => findNode(uses, sources),
    names: () => namesOf(shelf.plugins),
    permissionSchemas: () =>
      Object.fromEntries(grantableCapabilities.map(({ name, entrySchema }) => [name, withReason(entrySchema)])),
    permissionProblem: (capability, entry) => {
      const parsed = grantableCapabilities.find(({ name }) => name === capability)?.parse(entry);
      return parsed !== undefined && 'problem' in parsed ? parsed.problem : undefined;
    },
  };
}

function findNode(
  text: string,
  { shelf, reserved, workflowFolder, locked }: NodeSources,
): ReturnType<NodeCatalogue['find']> {
  const uses = parseUses(text);
  switch (uses.kind) {
    case 'invalid':
      return { missing: uses.why };
    case 'range':
    case 'version': {
      const plugin = findShelved(shelf.plugins, uses);
      if (plugin === undefined) return { missing: missingReason(uses.name, shelf, workflowFolder) };
      const node = describeNode(plugin.manifest, reserved);
      return uses.kind === 'version' && locked?.(plugin.manifest) === true ? { node, pinned: true } : { node };
    }
    case 'digest': {
      // The digest is compared when the code is loaded; until then any version's manifest is the best there is.
      const plugin = findShelved(shelf.plugins, { name: uses.name });
      return plugin === undefined
        ? { missing: missingReason(uses.name, shelf, workflowFolder) }
        : { node: describeNode(plugin.manifest, reserved) };
    }
    case 'folder': {
      if (workflowFolder === undefined) return { missing: 'there is no workflow file that it could lie beside' };
      // join() of a normalized absolute path and names without `..` is one too.
      const read = readPluginManifest(join(workflowFolder, uses.path) as AbsolutePath);
      if ('errors' in read) return brokenManifest(read.errors);
      if (read.manifest.runtime === 'control') {
        return {
          missing: "the machine itself carries control nodes out, so no plugin of one's own is one",
          remedy: `Write \`runtime: isolate\` or \`runtime: wasm\` in its ${manifestFile}.`,
        };
      }
      if (reserved.has(read.manifest.name)) {
        const { message, remedy } = nameTaken(read.manifest.name);
        return { missing: message, remedy };
      }
      return { node: { ...describe(read.manifest, 'local'), uses: text } };
    }
    default:
      return assertNever(uses);
  }
}

type Origin = NonNullable<NodeDescription['origin']>;

/** All mistakes of a plugin.yaml in one line; a file that can't be read at all has no place. */
function brokenManifest(errors: readonly WaterflowError[]): { readonly missing: string; readonly remedy?: string } {
  const placed = errors.filter(({ line }) => line !== undefined);
  if (placed.length === 0) return { missing: errors.map(({ message }) => message).join('; ') };
  const mistakes = placed.map(({ line, column, message }) => `${manifestFile}:${line}:${column ?? 1}: ${message}`);
  return { missing: mistakes.join('; '), remedy: `Correct ${manifestFile} in that folder.` };
}

/** A plugin of either folder, as steps use it. */
export function describeNode(manifest: PluginManifest, reserved: ReadonlySet<string>): NodeDescription {
  return describe(manifest, reserved.has(manifest.name) ? 'built-in' : 'installed');
}

function describe(manifest: PluginManifest, origin: Origin): NodeDescription {
  return {
    uses: `${manifest.name}@v${manifest.version.split('.')[0]}`,
    description: manifest.description,
    runtime: manifest.runtime,
    origin,
    // Read from YAML and checked, so each field is a JSON object.
    inputs: inputFields(manifest) as Readonly<Record<string, JsonObject>>,
    outputs: outputFields(manifest) as Readonly<Record<string, JsonObject>>,
    dynamic_outputs: manifest['dynamic-outputs'] === true,
  };
}

/** Every layer may say why, in a field that no capability has. */
function withReason(schema: JsonObject): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  return {
    ...schema,
    properties: { ...properties, reason: { type: 'string', description: 'why, for those who read it' } },
  };
}
