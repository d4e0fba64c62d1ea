import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { Grant, GrantedCapability, GrantList, GrantRule, StepGrants } from '../../../api/boundary.ts';
import { apiPath, ask } from '../../../api/client.ts';
import { ErrorBox } from '../../../parts/error-box.tsx';
import { Loading } from '../../../parts/loading.tsx';
import { Problem } from '../../../parts/problem.tsx';
import { ServerText } from '../../../parts/server-text.tsx';
import { useLoaded } from '../../../state/loaded.ts';
import { words } from '../../../text/index.ts';
import { durationText } from '../../../text/times.ts';

/** What a job or a step may do by each layer, for who opens it. */
export function MayDo({
  run,
  job,
  step,
}: {
  readonly run: string;
  readonly job: string;
  readonly step: string | undefined;
}): VNode {
  const text = words.value.grants;
  const open = useSignal(false);
  const key = open.value ? JSON.stringify([run, job, step]) : undefined;
  const { value, problem, refresh } = useLoaded(key, (signal) =>
    ask<GrantList>(apiPath`v1/workflows/${run}/grants`, { query: { job, step }, signal }),
  );
  const granted = value.value;
  return (
    <details open={open.value} onToggle={({ currentTarget }) => (open.value = currentTarget.open)}>
      <summary>{text.title}</summary>
      {problem.value !== undefined && <Problem problem={problem.value} again={refresh} />}
      {open.value && granted === undefined && problem.value === undefined && <Loading />}
      {granted?.decided_by === 'agents' && <p>{text.byAgents}</p>}
      {granted?.decided_by === 'server' && (
        <>
          <p class="muted">{text.advisory}</p>
          {granted.steps.length === 0 && <p>{text.none}</p>}
          {granted.steps.map((one) => (
            <OfStep key={`${one.job} ${one.step}`} granted={one} />
          ))}
        </>
      )}
    </details>
  );
}

function OfStep({
  granted: { job, step, uses, unknown_inputs, grant, error },
}: {
  readonly granted: StepGrants;
}): VNode {
  const text = words.value.grants;
  return (
    <section class="grant">
      <h2 class="breakable">
        <code>
          {job}/{step}
        </code>{' '}
        <code>{uses}</code>
      </h2>
      {error !== undefined && <ErrorBox error={error} />}
      {unknown_inputs.length > 0 && <p class="breakable">{text.unknown(unknown_inputs.join(', '))}</p>}
      {grant !== undefined && <Granted grant={grant} />}
    </section>
  );
}

function Granted({ grant: { plugin, confinement, limits, capabilities, always } }: { readonly grant: Grant }): VNode {
  const text = words.value.grants;
  return (
    <>
      <p class="muted breakable">
        {plugin.name} {plugin.version} · {text.origins[plugin.origin] ?? plugin.origin} · <code>{plugin.digest}</code>
      </p>
      <p class="muted">
        {words.value.stock.confinement(confinement)} · {text.memory(limits.memory_bytes / 1024 ** 2)} ·{' '}
        {durationText(limits.timeout_ms)}
      </p>
      {capabilities.length === 0 && <p>{text.nothing}</p>}
      {capabilities.map((one) => (
        <Capability key={one.capability} granted={one} />
      ))}
      {always.length > 0 && <p class="muted breakable">{text.always(always.join(', '))}</p>}
    </>
  );
}

const looks: Readonly<Record<string, string>> = { granted: 'success', narrowed: 'waiting', refused: 'failure' };

function Capability({ granted }: { readonly granted: GrantedCapability }): VNode {
  const text = words.value.grants;
  const { capability, verdict, narrowed_by, requested, layers, denied, dropped } = granted;
  return (
    <>
      <h3>
        <code>{capability}</code>{' '}
        <span class={`status status-${looks[verdict] ?? 'skipped'}`}>
          <span class="dot" aria-hidden="true" />
          {text.verdicts[verdict] ?? verdict}
        </span>
        {narrowed_by.length > 0 && <span class="muted"> {text.by(narrowed_by.map(layerWord).join(', '))}</span>}
      </h3>
      <Rules title={text.requested} rules={requested} />
      {layers
        .filter(({ layer }) => layer !== 'manifest')
        .map(({ layer, place, rules }) => (
          <Rules
            key={`${layer} ${place}`}
            title={rules.length === 0 ? text.allowsNothing(layerWord(layer), place) : text.allows(layerWord(layer))}
            rules={rules}
          />
        ))}
      {denied.length > 0 && <Rules title={text.forbidden} rules={denied} />}
      {dropped.map(({ place, why }) => (
        <p class="breakable" key={place}>
          {text.dropped} <code>{place}</code> <ServerText>{why}</ServerText>
        </p>
      ))}
    </>
  );
}

function Rules({ title, rules }: { readonly title: string; readonly rules: readonly GrantRule[] }): VNode {
  return (
    <>
      <p class="breakable">{title}</p>
      {rules.length > 0 && (
        <ul>
          {rules.map(({ allows, place, reason }) => (
            <li class="breakable" key={`${place} ${allows}`}>
              <ServerText>{allows}</ServerText> <code class="muted">{place}</code>
              {reason !== undefined && <span class="muted"> {reason}</span>}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function layerWord(layer: string): string {
  return words.value.grants.layers[layer] ?? layer;
}
