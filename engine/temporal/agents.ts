import type { Client } from '@temporalio/client';
import { type AgentPresence, presence } from '../../agent/worker/protocol.ts';

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
  const agents: AgentPresence[] = [];
  const query = `WorkflowType = '${presence.workflow}' AND ExecutionStatus = 'Running'`;
  for await (const { memo } of client.workflow.list({ query })) {
    // The agent's workflow writes nothing else there.
    const agent = memo?.[presence.memo] as AgentPresence | undefined;
    if (agent !== undefined) agents.push(agent);
  }
  return agents.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}
