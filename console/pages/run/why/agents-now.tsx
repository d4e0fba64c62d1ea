import type { VNode } from 'preact';
import { ask } from '../../../api/client.ts';
import type { Agent } from '../../../api/types.ts';
import { Time } from '../../../parts/time.tsx';
import { useLoaded } from '../../../state/loaded.ts';
import { linkTo } from '../../../state/route-text.ts';
import { words } from '../../../text/index.ts';

/** How the agent that was lost is now, and whether another one takes from its queue: before something is run again. */
export function AgentsNow({
  agent,
  queue,
}: {
  readonly agent: string | undefined;
  readonly queue: string | undefined;
}): VNode | null {
  const { value } = useLoaded('agents', (signal) =>
    ask<{ readonly agents: readonly Agent[] }>('v1/agents', { signal }),
  );
  const agents = value.value?.agents;
  if (agents === undefined) return null;
  const { why: text, stock } = words.value;
  const lost = agents.find(({ name }) => name === agent);
  const serving =
    queue === undefined ? [] : agents.filter((one) => one.state === 'online' && one.queues.includes(queue));
  return (
    <ul>
      {agent !== undefined && (
        <li>
          <a href={linkTo(['agents'])}>{agent}</a>{' '}
          {lost === undefined ? (
            text.agentGone
          ) : (
            <>
              {text.agentNow(stock.agentStates[lost.state] ?? lost.state)}, {stock.seen}{' '}
              <Time at={lost.last_seen_at} full />
            </>
          )}
        </li>
      )}
      {queue !== undefined && (
        <li>
          <a href={linkTo(['queues'])}>{queue}</a>{' '}
          {serving.length === 0 ? text.nobodyServes : text.served(serving.map(({ name }) => name).join(', '))}
        </li>
      )}
    </ul>
  );
}
