import type { VNode } from 'preact';
import { ask } from '../../api/client.ts';
import type { Queue } from '../../api/types.ts';
import { Listing } from '../../parts/listing.tsx';
import { useLive } from '../../state/live.ts';
import { words } from '../../text/index.ts';
import { everyMs } from './every.ts';

/** The queues that `runs-on` names, with who takes from them and what waits. */
export function QueuesPage(): VNode {
  const text = words.value.stock;
  const live = useLive('queues', everyMs, (signal) =>
    ask<{ readonly queues: readonly Queue[] }>('v1/queues', { signal }),
  );
  return (
    <Listing
      title={words.value.menu.queues}
      empty={text.noQueues}
      live={live}
      items={({ queues }) => queues.map((queue) => ({ key: queue.name, content: <Row queue={queue} /> }))}
    />
  );
}

function Row({ queue: { name, pollers, backlog } }: { readonly queue: Queue }): VNode {
  const text = words.value.stock;
  return (
    <>
      <p class="name breakable">{name}</p>
      <p>
        {text.pollers(pollers)} · {text.backlog(backlog)}
      </p>
      {pollers === 0 && backlog > 0 && <p class="error">{text.unserved}</p>}
    </>
  );
}
