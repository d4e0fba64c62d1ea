import type { VNode } from 'preact';
import type { GrantList } from '../../../api/boundary.ts';
import { apiPath, ask } from '../../../api/client.ts';
import type { PlaceInRun } from '../../../api/explanation.ts';
import { ServerText } from '../../../parts/server-text.tsx';
import { useLoaded } from '../../../state/loaded.ts';
import { words } from '../../../text/index.ts';

/** The least that would allow a call that was refused, with what to write where; by the policy and the plugins as they are now. */
export function LeastChanges({
  run,
  place: { job, step },
  asked,
}: {
  readonly run: string;
  readonly place: PlaceInRun;
  /** The call. */
  readonly asked: string;
}): VNode | null {
  const text = words.value.grants;
  // What can't be had here is not what somebody looks for: the error and its remedy stand above.
  const { value } = useLoaded(JSON.stringify([run, job, step, asked]), (signal) =>
    ask<GrantList>(apiPath`v1/workflows/${run}/grants`, { query: { job, step, call: asked }, signal }),
  );
  if (value.value?.decided_by === 'agents') return <p>{text.byAgents}</p>;
  const call = value.value?.steps[0]?.call;
  if (call === undefined) return null;
  if (call.decision === 'allowed') return <p>{text.allowedNow}</p>;
  return (
    <div class="least">
      <p>{text.least}</p>
      {call.changes.map(({ layer, place, todo, lines }) => (
        <div key={layer}>
          <p class="breakable">
            {text.layers[layer] ?? layer} (<code>{place}</code>): <ServerText>{todo}</ServerText>
          </p>
          {lines.length > 0 && <pre class="last-lines">{lines.join('\n')}</pre>}
        </div>
      ))}
    </div>
  );
}
