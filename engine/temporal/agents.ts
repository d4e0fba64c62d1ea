import type { Client } from '@temporalio/client';
import type { LoadedDataConverter, Payload, WorkflowSerializationContext } from '@temporalio/common';
import { type AgentPresence, agentWorkflowId, presence } from '../../agent/worker/protocol.ts';

/** The agents of a namespace, by what their workflows know of them. */
export interface Agents {
  /** All that are remembered, in the order of their names. */
  list(): Promise<readonly AgentPresence[]>;
  /** Those that serve a queue at the moment, or of them only `host`. */
  serving(queue: string, host?: string): Promise<readonly AgentPresence[]>;
}

/** How long what was read holds, in ms: many jobs may ask at once. */
const holdsMs = 1000;

/** Reads them from Temporal. `now`: ms since the epoch. */
export function createAgents(client: Client, now: () => number): Agents {
  let read: { readonly at: number; readonly agents: Promise<readonly AgentPresence[]> } | undefined;
  const list = (): Promise<readonly AgentPresence[]> => {
    if (read === undefined || now() - read.at >= holdsMs) read = { at: now(), agents: readAgents(client) };
    return read.agents;
  };
  return {
    list,
    serving: async (queue, host) =>
      (await list()).filter(
        ({ name, state, queues }) =>
          state === 'online' && Object.hasOwn(queues, queue) && (host === undefined || host === name),
      ),
  };
}

async function readAgents(client: Client): Promise<readonly AgentPresence[]> {
  const { namespace, loadedDataConverter } = client.options;
  const query = `WorkflowType = '${presence.workflow}' AND ExecutionStatus = 'Running'`;
  const agents: AgentPresence[] = [];
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await client.workflowService.listWorkflowExecutions({ namespace, query, nextPageToken });
    for (const { execution, memo } of page.executions) {
      const payload = memo?.fields?.[presence.memo];
      const workflowId = execution?.workflowId ?? '';
      if (payload === undefined || payload === null) continue;
      const context = { type: 'workflow', namespace, workflowId } as const;
      const agent = await presenceIn(payload, { converter: loadedDataConverter, context });
      if (agent !== undefined && agentWorkflowId(agent.name) === workflowId) agents.push(agent);
    }
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
  return agents.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Undefined for what no agent's workflow wrote: whoever reaches Temporal can start workflows with a memo, and hides no agent by that. */
async function presenceIn(
  payload: Payload,
  { converter, context }: { readonly converter: LoadedDataConverter; readonly context: WorkflowSerializationContext },
): Promise<AgentPresence | undefined> {
  try {
    let decoded = [payload];
    for (const codec of converter.payloadCodecs.toReversed()) decoded = await codec.decode(decoded, context);
    const [one = payload] = decoded;
    const value = converter.payloadConverter.fromPayload<unknown>(one);
    if (typeof value !== 'object' || value === null) return undefined;
    const { name, queues } = value as Partial<AgentPresence>;
    // The agent's workflow writes nothing else there.
    return typeof name === 'string' && typeof queues === 'object' ? (value as AgentPresence) : undefined;
  } catch {
    return undefined;
  }
}
