import type { AgentPresence } from '../../agent/worker/protocol.ts';
import type { NodeCatalogue } from '../../dsl/api.ts';
import { type ReportedPlugins, readReported } from '../../runtime/manifest/index.ts';
import type { Catalogue, NodeView, PluginView } from '../../server/catalogue.ts';

/** The nodes of a server, and those that only agents have. */
export type AgentNodes = Pick<Catalogue, 'nodes' | 'nodesFrom' | 'listNodes' | 'listPlugins'> &
  Required<Pick<Catalogue, 'renewNodes'>>;

/** Nobody who hands in a workflow waits longer for what agents have, in ms: what was known before counts then. */
const askMs = 3000;

/**
 * Adds to a server's own nodes those that agents report. What agents have comes before what lies in the server's folder, as they are the ones
 * that run it; nodes that come with Waterflow are its own everywhere. `agents`: those that have not left.
 */
export function nodesWithAgents(
  own: Pick<Catalogue, 'nodes' | 'nodesFrom' | 'listNodes' | 'listPlugins'>,
  {
    agents,
    builtIn,
  }: { readonly agents: () => Promise<readonly AgentPresence[]>; readonly builtIn: ReadonlySet<string> },
): AgentNodes {
  let known = knownFrom([], builtIn);
  const read = async (): Promise<void> => {
    const there = await agents();
    if (keyOf(there) !== known.key) known = knownFrom(there, builtIn);
  };
  // Whoever can't be asked at the moment keeps nobody from handing in a workflow.
  const renewNodes = (): Promise<void> => withinTime(read().catch(() => {}));
  const views = async (): Promise<readonly NodeView[]> => {
    await renewNodes();
    return known.views;
  };
  return {
    nodes: {
      ...own.nodes,
      find: (uses) => findIn(own.nodes.find(uses), { uses, known }),
      names: () => [...new Set([...own.nodes.names(), ...known.reported.nodes.names()])],
    },
    nodesFrom: () => [known, ...own.nodesFrom()],
    listNodes: async () => merged(await views(), await own.listNodes()),
    listPlugins: async () => {
      const installed = (await views()).map((view): PluginView => ({ ...view, source: 'installed' }));
      return merged(installed, await own.listPlugins());
    },
    renewNodes,
  };
}

interface Known {
  /** Changes with what agents have. */
  readonly key: string;
  readonly reported: ReportedPlugins;
  readonly views: readonly NodeView[];
  /** Where the plugins are of which no manifest is known: names of agents. */
  readonly untold: ReadonlyMap<string, readonly string[]>;
}

function keyOf(agents: readonly AgentPresence[]): string {
  return JSON.stringify(
    agents.map(({ name, session, plugins }) => [name, session, plugins.map(({ digest }) => digest)]),
  );
}

function knownFrom(agents: readonly AgentPresence[], builtIn: ReadonlySet<string>): Known {
  const manifests = agents.flatMap((agent) => agent.manifests ?? []);
  const reported = readReported(
    manifests.map(({ manifest }) => manifest),
    builtIn,
  );
  const views = reported.listed.map(({ name, version, description, permissions, limits, index }): NodeView => {
    const digest = manifests[index]?.digest;
    const { origin: _origin, ...described } = description;
    const bounds = limits === undefined ? {} : { limits };
    const known = digest === undefined ? {} : { digest };
    return { ...described, name, version, permissions, ...bounds, ...known, built_in: false };
  });
  const told = new Set(views.map(({ name }) => name));
  const untold = new Map<string, string[]>();
  for (const agent of agents) {
    for (const { name } of agent.plugins) {
      if (!told.has(name) && !builtIn.has(name)) untold.set(name, [...(untold.get(name) ?? []), agent.name]);
    }
  }
  return { key: keyOf(agents), reported, views, untold };
}

type Found = ReturnType<NodeCatalogue['find']>;

function findIn(own: Found, { uses, known }: { readonly uses: string; readonly known: Known }): Found {
  if ('node' in own ? own.node.origin === 'built-in' : own.remedy !== undefined) return own;
  const reported = known.reported.nodes.find(uses);
  if ('node' in reported || 'node' in own) return 'node' in reported ? reported : own;
  const agents = known.untold.get(uses.split('@')[0] ?? uses);
  if (agents === undefined) return own;
  return {
    missing: `agents have it (${[...new Set(agents)].join(', ')}), but do not tell what it takes`,
    remedy:
      'Install it in the plugin folder of the server, too. Agents tell of 32 KiB of manifests; those of a release before of none.',
  };
}

/** One of each version: those that come first. */
function merged<View extends NodeView>(first: readonly View[], then: readonly View[]): readonly View[] {
  const seen = new Set(first.map(keyOfView));
  return [...then.filter((view) => !seen.has(keyOfView(view))), ...first];
}

function keyOfView({ name, version }: NodeView): string {
  return `${name}@${version}`;
}

async function withinTime(work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, askMs);
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
