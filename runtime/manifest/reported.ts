import type { NodeCatalogue } from '../../dsl/api.ts';
import type { AbsolutePath, Json } from '../../schemas/index.ts';
import { type ListedPlugin, listedAs } from './catalogue.ts';
import { nodeCatalogue } from './nodes.ts';
import { readManifest } from './read.ts';
import { type ShelvedPlugin, shelvedAs } from './shelf.ts';

/** Plugins of other machines, as far as their manifests tell. */
export interface ReportedPlugins {
  /** Finds them for the reader of a workflow file. */
  readonly nodes: Pick<NodeCatalogue, 'find' | 'names'>;
  /** One of each name and version, and the place of its document among those that were given. */
  readonly listed: readonly (ListedPlugin & { readonly index: number })[];
}

/** Nothing of a manifest from elsewhere leads to a folder of this machine. */
const nowhere = '/' as AbsolutePath;

/** Reads manifests as their machines gave them. What is none, and what calls itself like a node that comes with Waterflow, isn't there. */
export function readReported(documents: readonly Json[], builtIn: ReadonlySet<string>): ReportedPlugins {
  const found = new Map<string, { readonly plugin: ShelvedPlugin; readonly index: number }>();
  for (const [index, document] of documents.entries()) {
    // JSON is YAML.
    const read = readManifest(JSON.stringify(document), 'plugin.yaml');
    if ('errors' in read || read.manifest.runtime === 'control' || builtIn.has(read.manifest.name)) continue;
    const { manifest } = read;
    const key = `${manifest.name}@${manifest.version}`;
    if (!found.has(key)) found.set(key, { plugin: shelvedAs(nowhere, manifest), index });
  }
  const plugins = [...found.values()].map(({ plugin }) => plugin);
  return {
    nodes: nodeCatalogue({ shelf: { plugins, broken: [] }, reserved: builtIn, workflowFolder: undefined }),
    listed: [...found.values()].map(({ plugin: { manifest }, index }) => ({ ...listedAs(manifest, builtIn), index })),
  };
}
