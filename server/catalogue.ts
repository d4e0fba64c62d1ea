import type { NodeCatalogue } from '../dsl/api.ts';
import type { Diagnostic, Digest, Json, JsonObject, Plan, PluginIdentity } from '../schemas/index.ts';

/** What workflows can use and where they can run, as far as this server knows. */
export interface Catalogue {
  /** Checks `uses:` of submitted files. Folders beside the file (`./folder`) are no plugins here: LOCAL_PLUGIN. */
  readonly nodes: NodeCatalogue;
  /** Has `nodes` know what there is now, as far as that can be found out soon. Absent: it always does. Never rejects. */
  readonly renewNodes?: () => Promise<void>;
  /** What `nodes` finds nodes in: others as soon as there may be other nodes, so that what was read with those is read again. */
  readonly nodesFrom: () => readonly object[];
  listNodes(): Promise<readonly NodeView[]>;
  listPlugins(): Promise<readonly PluginView[]>;
  listAgents(): Promise<readonly AgentView[]>;
  /** `also`: names that runs wait for; of these only what something waits in, where no agent is known to take from it. */
  listQueues(also: readonly string[]): Promise<readonly QueueView[]>;
  /** The names of the secrets that agents have by themselves for a tenant's runs. Absent: none. */
  readonly secretsOf?: (tenant: string) => Promise<readonly string[]>;
  /** What a plan has to expect of the agents that are there. Absent: nothing. */
  readonly problemsOf?: (plan: Plan) => Promise<readonly Diagnostic[]>;
}

/** A node as `uses:` names it. */
export interface NodeView {
  /** `http@v1` */
  readonly uses: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly runtime: 'isolate' | 'wasm' | 'control';
  /** Each input's JSON Schema, with `required: true` beside it where it must be given. */
  readonly inputs: JsonObject;
  readonly outputs: JsonObject;
  /** Whether steps that use it name further outputs themselves. */
  readonly dynamic_outputs: boolean;
  readonly permissions: Json;
  /** What it may take at most, where its manifest says so: a duration and a size. */
  readonly limits?: { readonly timeout?: string; readonly memory?: string };
  readonly digest?: Digest;
  readonly built_in: boolean;
}

export interface PluginView extends NodeView {
  readonly source: 'built-in' | 'installed';
  /** What it requests, in words. */
  readonly asks?: readonly AskedFor[];
  /** The newest version that is known, where that is a later one. */
  readonly update?: PluginUpdate;
}

/** One thing that a plugin asks for. */
export interface AskedFor {
  /** A capability's name, or what else it is about. */
  readonly about: string;
  readonly what: string;
  /** The author's. */
  readonly reason?: string;
}

/** A later version, and what it asks for that this one doesn't. */
export interface PluginUpdate {
  readonly version: string;
  /** `kind`: `added`, `widened`, or `changed`; `was`: what it takes the place of, where that is plain. */
  readonly more: readonly (AskedFor & { readonly kind: string; readonly was?: string })[];
}

export interface AgentView {
  readonly name: string;
  /** `draining`: it finishes what it has; `suspect`: not heard of for some seconds; `lost`: for longer than jobs wait for it. */
  readonly state: 'online' | 'draining' | 'suspect' | 'lost';
  /** Of waterflow on its machine. */
  readonly version: string;
  readonly queues: readonly string[];
  readonly labels: readonly string[];
  readonly os: string;
  readonly arch: string;
  readonly confinement: number;
  readonly slots: { readonly total: number; readonly used: number };
  /** Those that it can run, by their bytes. */
  readonly plugins: readonly PluginIdentity[];
  readonly last_seen_at: string;
}

export interface QueueView {
  readonly name: string;
  /** Agents that take from it. */
  readonly pollers: number;
  /** Jobs that wait for one; on Temporal about so many. */
  readonly backlog: number;
}
