import type { NodeCatalogue } from '../../dsl/api.ts';
import type { ListedPlugin, PluginCatalogue } from '../../runtime/manifest/index.ts';
import type { AgentView, Catalogue, NodeView, PluginView, QueueView } from '../../server/catalogue.ts';
import type { Records } from '../../storage/records/port.ts';
import { packageVersion } from '../package-root.ts';
import type { Terminal } from '../terminal.ts';
import { jobsAtATime, thisRunner } from './agent.ts';
import { identitiesOf } from './plugin-identities.ts';
import { openPlugins } from './plugins.ts';

/** What the catalogue of a server with the embedded engine is made of. */
export interface CatalogueParts {
  readonly records: Pick<Records, 'runs'>;
  /** The confinement level of the agent in this process. Absent: 0, which promises nothing. */
  readonly confinement?: () => Promise<number>;
}

/** The embedded engine's queue, which also serves every other name. */
const localQueue = 'local';

/** The nodes and plugins of this machine, and the one agent that is in this process. */
export function openServerCatalogue(terminal: Terminal, { records, confinement }: CatalogueParts): Catalogue {
  // As they are when they are asked for: the plugin folder may have changed.
  const plugins = (): PluginCatalogue => openPlugins(terminal, []);
  const count = async (status: 'accepted' | 'queued' | 'blocked' | 'running'): Promise<number> =>
    (await records.runs.count({ status: [status] }))[status] ?? 0;
  return {
    nodes: withoutFolders(currentNodes(plugins)),
    nodesFrom: () => [plugins()],
    listNodes: async (): Promise<readonly NodeView[]> =>
      await Promise.all(plugins().listed.map((one) => nodeOf(plugins(), one))),
    listPlugins: async (): Promise<readonly PluginView[]> => {
      const nodes = await Promise.all(plugins().listed.map((one) => nodeOf(plugins(), one)));
      return nodes
        .filter(({ runtime }) => runtime !== 'control')
        .map((node) => ({ ...node, source: node.built_in ? 'built-in' : 'installed' }));
    },
    listAgents: async (): Promise<readonly AgentView[]> => {
      const { name, labels, os, arch } = thisRunner();
      const total = jobsAtATime();
      return [
        {
          name,
          state: 'online',
          version: packageVersion(import.meta.url),
          queues: [localQueue],
          labels,
          os,
          arch,
          confinement: (await confinement?.()) ?? 0,
          slots: { total, used: Math.min(total, await count('running')) },
          plugins: await identitiesOf(plugins()),
          last_seen_at: new Date(terminal.now()).toISOString(),
        },
      ];
    },
    listQueues: async (): Promise<readonly QueueView[]> => {
      const waiting = await Promise.all([count('accepted'), count('queued'), count('blocked')]);
      return [{ name: localQueue, pollers: 1, backlog: waiting.reduce((sum, each) => sum + each, 0) }];
    },
  };
}

function currentNodes(plugins: () => PluginCatalogue): NodeCatalogue {
  const nodes = (): NodeCatalogue => plugins().nodes(undefined);
  return {
    find: (uses) => nodes().find(uses),
    names: () => nodes().names(),
    permissionSchemas: () => nodes().permissionSchemas(),
    permissionProblem: (capability, entry) => nodes().permissionProblem?.(capability, entry),
  };
}

/** A folder beside a file that was handed in is on the machine of whoever handed it in. */
function withoutFolders(nodes: NodeCatalogue): NodeCatalogue {
  return {
    ...nodes,
    find: (uses) =>
      uses.startsWith('./') || uses.startsWith('../')
        ? {
            missing: 'the plugin lies beside the workflow file, and only that was handed in',
            remedy: 'Install the plugin on the server, and name it in `uses`.',
            local: true,
          }
        : nodes.find(uses),
  };
}

async function nodeOf(plugins: PluginCatalogue, listed: ListedPlugin): Promise<NodeView> {
  const { name, version, permissions, limits, description: node } = listed;
  const digest = node.runtime === 'control' ? undefined : await digestOf(plugins, `${name}@${version}`);
  return {
    uses: node.uses,
    name,
    version,
    description: node.description,
    runtime: node.runtime,
    inputs: node.inputs,
    outputs: node.outputs,
    dynamic_outputs: node.dynamic_outputs,
    permissions,
    ...(limits === undefined ? {} : { limits }),
    ...(digest === undefined ? {} : { digest }),
    built_in: node.origin === 'built-in',
  };
}

/** A plugin that can't be read has none. */
async function digestOf(plugins: PluginCatalogue, uses: string): Promise<PluginView['digest']> {
  const resolved = await plugins.identify(uses, undefined);
  return 'plugin' in resolved ? resolved.plugin.identity.digest : undefined;
}
