import type { Agent, Call, Caller, ListCallsQuery, Node, Plugin, Queue } from './generated/models.ts';
import { type Pages, pagesOf } from './pages.ts';
import { apiPath } from './path.ts';
import type { RequestOptions, Transport } from './transport.ts';

/** Whether a server takes requests, and what keeps it from that. */
export interface Readiness {
  readonly status: 'ready' | 'not_ready';
  readonly missing: ReadonlyArray<{ readonly part: string; readonly reason: string }>;
}

/** What a server has, and what it says about itself. */
export interface Catalogue {
  /** What steps can use: plugins and control nodes. */
  readonly listNodes: (options?: RequestOptions) => Promise<readonly Node[]>;
  /** By its name, or as `uses:` names it. */
  readonly getNode: (name: string, options?: RequestOptions) => Promise<Node>;
  /** What `permissions` may narrow: by the name of each capability, the JSON Schema of one entry of it. */
  readonly listCapabilities: (options?: RequestOptions) => Promise<Readonly<Record<string, object>>>;
  readonly listPlugins: (options?: RequestOptions) => Promise<readonly Plugin[]>;
  /** The machines on which steps run. */
  readonly listAgents: (options?: RequestOptions) => Promise<readonly Agent[]>;
  /** What waits for whom. */
  readonly listQueues: (options?: RequestOptions) => Promise<readonly Queue[]>;
  /** The record of API calls, newest first: for admins. */
  readonly listCalls: (query?: ListCallsQuery, options?: RequestOptions) => Pages<Call>;
  /** Who this client is to the server: its key's name, role and tenant. */
  readonly caller: (options?: RequestOptions) => Promise<Caller>;
  /** Rejects where the server doesn't run. */
  readonly health: (options?: RequestOptions) => Promise<void>;
  readonly readiness: (options?: RequestOptions) => Promise<Readiness>;
  /** In the text format of Prometheus. */
  readonly metrics: (options?: RequestOptions) => Promise<string>;
  /** The API as an OpenAPI document. */
  readonly openApiDocument: (options?: RequestOptions) => Promise<unknown>;
}

/** These operations. Their answers are as the API says. */
export function catalogueOf(transport: Transport): Catalogue {
  const { ask, text } = transport;
  const listOf = async <Item>(list: string, options?: RequestOptions): Promise<readonly Item[]> => {
    const answer = (await ask({ path: `v1/${list}`, has: list }, options)) as Readonly<Record<string, readonly Item[]>>;
    return answer[list] ?? [];
  };
  return {
    listNodes: (options) => listOf('nodes', options),
    caller: (options) => ask({ path: 'v1/caller', has: 'id' }, options) as Promise<Caller>,
    getNode: (name, options) => ask({ path: apiPath`v1/nodes/${name}`, has: 'name' }, options) as Promise<Node>,
    async listCapabilities(options) {
      const answer = await ask({ path: 'v1/capabilities' }, options);
      return (answer as { readonly capabilities: Readonly<Record<string, object>> }).capabilities; // As the API says.
    },
    listPlugins: (options) => listOf('plugins', options),
    listAgents: (options) => listOf('agents', options),
    listQueues: (options) => listOf('queues', options),
    listCalls: (query, options) =>
      pagesOf(transport, { path: 'v1/calls', list: 'calls', query: { ...query } }, options),
    async health(options) {
      await ask({ path: 'healthz' }, options);
    },
    readiness: (options) => ask({ path: 'readyz', accepts: 503 }, options) as Promise<Readiness>,
    metrics: (options) => text({ path: 'metrics', headers: { accept: 'text/plain' } }, options),
    openApiDocument: (options) => ask({ path: 'openapi.json' }, options),
  };
}
