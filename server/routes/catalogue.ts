import { didYouMean } from '../../dsl/did-you-mean.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { Principal } from '../auth/principal.ts';
import type { NodeView } from '../catalogue.ts';
import type { ApiResponse, Route } from '../http/route.ts';
import type { ServerParts } from '../parts.ts';
import { tenantOfList } from '../schedules/tenants.ts';
import { capabilitiesSchema, listOf } from './catalogue-schemas.ts';

/** What workflows can use, and where they can run. */
export function catalogueRoutes({ catalogue, records }: Pick<ServerParts, 'catalogue' | 'records'>): readonly Route[] {
  return [
    listRoute('nodes', {
      schema: 'Node',
      summary: 'What steps can use, with its inputs and outputs, control nodes, too',
      list: () => catalogue.listNodes(),
    }),
    nodeRoute(() => catalogue.listNodes()),
    {
      method: 'GET',
      path: '/v1/capabilities',
      operation: 'listCapabilities',
      tag: 'Nodes, agents and queues',
      summary: 'What `permissions` of a workflow, a job or a step may narrow',
      permission: 'catalogue:read',
      responses: {
        200: { description: 'All of them.', content: { 'application/json': { schema: capabilitiesSchema } } },
      },
      handle: () => Promise.resolve(json({ capabilities: catalogue.nodes.permissionSchemas() })),
    },
    listRoute('plugins', {
      schema: 'Plugin',
      summary: 'The plugins, with what they request',
      list: () => catalogue.listPlugins(),
    }),
    listRoute('agents', {
      schema: 'Agent',
      summary: 'The machines on which steps run',
      list: () => catalogue.listAgents(),
    }),
    listRoute('queues', {
      schema: 'Queue',
      summary: 'The queues that `runs-on` names, with who takes from them and what waits',
      list: async (principal) => catalogue.listQueues(await blockedQueues(records, principal)),
    }),
  ];
}

/** Blocked runs whose queues are looked at. */
const mostBlocked = 200;

/** The queues of a caller's runs that wait for an agent: one that nobody serves any more is known by them alone. */
async function blockedQueues({ runs }: ServerParts['records'], principal: Principal): Promise<readonly string[]> {
  const tenant = tenantOfList(principal, undefined);
  const filter = { status: ['blocked'], ...(tenant === undefined ? {} : { tenant }) } as const;
  const { rows } = await runs.list(filter, { limit: mostBlocked });
  return [...new Set(rows.flatMap(({ queues = [] }) => queues))];
}

function listRoute(
  name: 'nodes' | 'plugins' | 'agents' | 'queues',
  {
    schema,
    summary,
    list,
  }: {
    readonly schema: string;
    readonly summary: string;
    readonly list: (principal: Principal) => Promise<readonly object[]>;
  },
): Route {
  return {
    method: 'GET',
    path: `/v1/${name}`,
    operation: `list${schema}s`,
    tag: 'Nodes, agents and queues',
    summary,
    permission: 'catalogue:read',
    responses: {
      200: { description: 'All of them.', content: { 'application/json': { schema: listOf(name, schema) } } },
    },
    handle: async ({ principal }) => json({ [name]: await list(principal) }),
  };
}

function nodeRoute(list: () => Promise<readonly NodeView[]>): Route {
  return {
    method: 'GET',
    path: '/v1/nodes/{name}',
    operation: 'getNode',
    tag: 'Nodes, agents and queues',
    summary: 'One node, with its inputs and outputs',
    permission: 'catalogue:read',
    params: {
      name: {
        type: 'string',
        pattern: '^[a-z][a-z0-9-]{0,63}(?:@v?\\d{1,9}(?:\\.\\d{1,9}){0,2})?$',
        description: 'A name, which means the highest version, or with one: `http`, `http@v1`, `http@1.4.0`.',
        examples: ['http'],
      },
    },
    responses: {
      200: {
        description: 'The node.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Node' } } },
      },
    },
    handle: async ({ params }) => json(findNode(await list(), params['name'] ?? '')),
  };
}

function json(value: object): ApiResponse {
  return { status: 200, body: { kind: 'json', value } };
}

/** The highest version of the name that begins as the one that was asked for. */
function findNode(nodes: readonly NodeView[], asked: string): NodeView {
  const [name = '', version = ''] = asked.split('@');
  const prefix = version.replace(/^v/u, '').split('.').filter(Boolean);
  const found = nodes
    .filter((node) => node.name === name)
    .filter((node) => prefix.every((part, index) => node.version.split('.')[index] === part))
    .toSorted(byVersion)
    .at(-1);
  if (found !== undefined) return found;
  const names = [...new Set(nodes.map((node) => node.name))];
  const guess = didYouMean(name, names);
  throw new WaterflowFailure({
    code: 'NOT_FOUND',
    message: `there is no node \`${asked}\``,
    remedy: guess === undefined ? `There are ${names.join(', ')}.` : `Did you mean \`${guess}\`?`,
  });
}

function byVersion(one: NodeView, other: NodeView): number {
  return one.version.localeCompare(other.version, 'en', { numeric: true });
}
