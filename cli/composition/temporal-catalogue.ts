import type { Client } from '@temporalio/client';
import { type AgentBeat, type AgentPresence, agentWorkflowId } from '../../agent/worker/protocol.ts';
import type { Agents } from '../../engine/temporal/agents.ts';
import type { AgentView, Catalogue, QueueView } from '../../server/catalogue.ts';
import { queueWarnings } from './temporal-queues.ts';

/** What the catalogue of agents elsewhere is made of. */
export interface AgentCatalogueParts {
  readonly agents: Agents;
  readonly client: Client;
  readonly namespace: string;
  /** What is asked of Temporal. */
  readonly reaching: <Result>(action: () => Promise<Result>) => Promise<Result>;
}

/** Temporal's number of a queue of activities (temporal.api.enums.v1.TaskQueueType). */
const activityQueue = 2;

/** The agents and queues of a namespace, and what a plan has to expect of them. `known`: the agents that have not stopped in order. */
export function agentCatalogue(parts: AgentCatalogueParts): {
  readonly known: () => Promise<readonly AgentPresence[]>;
  readonly views: Pick<Catalogue, 'listAgents' | 'listQueues'> & Required<Pick<Catalogue, 'problemsOf' | 'secretsOf'>>;
} {
  const { agents, reaching } = parts;
  const known = async (): Promise<readonly KnownAgent[]> => (await agents.list()).filter(hasNotLeft);
  return {
    known: () => reaching(known),
    views: {
      listAgents: () => reaching(async () => Promise.all((await known()).map((agent) => viewOf(agent, parts)))),
      listQueues: (also) => reaching(async () => queuesOf(await known(), also, parts)),
      secretsOf: (tenant) => reaching(async () => secretsFor(tenant, await known())),
      problemsOf: (plan) => reaching(async () => queueWarnings(plan, (await known()).filter(isThere))),
    },
  };
}

/** An agent that has not stopped in order. */
type KnownAgent = AgentPresence & Pick<AgentView, 'state'>;

function hasNotLeft(agent: AgentPresence): agent is KnownAgent {
  return agent.state !== 'stopped';
}

/** It takes jobs, or may again in a moment. */
function isThere({ state }: KnownAgent): boolean {
  return state === 'online' || state === 'suspect';
}

/** Of all agents that are remembered: a job waits for those that are away. */
function secretsFor(tenant: string, agents: readonly AgentPresence[]): readonly string[] {
  const names = agents
    .flatMap(({ secrets = [] }) => secrets)
    .filter(({ tenants }) => tenants?.includes(tenant) ?? true)
    .map(({ name }) => name);
  return [...new Set(names)];
}

/** An agent tells of the jobs that it has, and that it is there, by the heartbeats of the activity by which its workflow knows it. */
async function viewOf(agent: KnownAgent, { client }: AgentCatalogueParts): Promise<AgentView> {
  const { name, state, version, queues, labels, os, arch, confinement, plugins, since } = agent;
  const { raw } = await client.workflow.getHandle(agentWorkflowId(name)).describe();
  const [presence] = raw.pendingActivities ?? [];
  const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter;
  let payloads = presence?.heartbeatDetails?.payloads ?? [];
  // The last one encodes last.
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  const [details] = payloads;
  // The agent's heartbeats carry nothing else.
  const beat = details === undefined ? undefined : payloadConverter.fromPayload<AgentBeat>(details);
  const seen = Number(presence?.lastHeartbeatTime?.seconds ?? 0) * 1000;
  return {
    name,
    state,
    version,
    queues: Object.keys(queues),
    labels,
    os,
    arch,
    confinement,
    slots: { total: sum(Object.values(queues)), used: sum(Object.values(beat?.in_use ?? {})) },
    plugins,
    last_seen_at: new Date(Math.max(seen, since)).toISOString(),
  };
}

/** How many jobs wait is what Temporal thinks: those that were cancelled while they waited may count for a while. */
async function queuesOf(
  agents: readonly AgentPresence[],
  also: readonly string[],
  { client, namespace }: AgentCatalogueParts,
): Promise<readonly QueueView[]> {
  const served = new Set(agents.flatMap(({ queues }) => Object.keys(queues)));
  const names = [...new Set([...served, ...also])].toSorted();
  const all = await Promise.all(
    names.map(async (name) => {
      const { stats } = await client.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name },
        // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum is in a package that only Temporal's own need
        taskQueueType: activityQueue,
        reportStats: true,
      });
      const pollers = agents.filter(({ queues, state }) => state === 'online' && Object.hasOwn(queues, name)).length;
      return { name, pollers, backlog: Number(stats?.approximateBacklogCount ?? 0) };
    }),
  );
  return all.filter(({ name, backlog }) => served.has(name) || backlog > 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
