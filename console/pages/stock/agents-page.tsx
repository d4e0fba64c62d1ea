import type { VNode } from 'preact';
import { ask } from '../../api/client.ts';
import type { Agent } from '../../api/types.ts';
import { Listing } from '../../parts/listing.tsx';
import { Time } from '../../parts/time.tsx';
import { useLive } from '../../state/live.ts';
import { words } from '../../text/index.ts';
import { everyMs } from './every.ts';

/** The machines on which steps run. */
export function AgentsPage(): VNode {
  const live = useLive('agents', everyMs, (signal) =>
    ask<{ readonly agents: readonly Agent[] }>('v1/agents', { signal }),
  );
  return (
    <Listing
      title={words.value.menu.agents}
      empty={words.value.stock.noAgents}
      live={live}
      items={({ agents }) => agents.map((agent) => ({ key: agent.name, content: <Row agent={agent} /> }))}
    />
  );
}

const colours: Readonly<Record<string, string>> = { online: 'success', suspect: 'waiting', lost: 'failure' };

function Row({ agent }: { readonly agent: Agent }): VNode {
  const text = words.value.stock;
  const { name, state, version, queues, labels, os, arch, confinement, slots, plugins, last_seen_at } = agent;
  return (
    <>
      <p class="name breakable">
        {name}{' '}
        <span class={`status status-${colours[state] ?? 'queued'}`}>
          <span class="dot" aria-hidden="true" />
          {text.agentStates[state] ?? state}
        </span>
      </p>
      <p class="breakable">
        {text.slots(slots.used, slots.total)} · {text.queues}: {queues.join(', ')}
        {labels.length > 0 && <> · {words.value.course.labelled(labels.join(', '))}</>}
      </p>
      <p class="muted breakable">
        waterflow {version} · {os}/{arch} · {text.confinement(confinement)} · {text.seen} <Time at={last_seen_at} />
      </p>
      <details>
        <summary>{text.plugins(plugins.length)}</summary>
        <ul class="plain">
          {plugins.map((plugin) => (
            <li key={plugin.digest} class="breakable">
              {plugin.name}@{plugin.version} <code>{plugin.digest}</code>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}
