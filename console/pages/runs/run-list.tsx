import type { VNode } from 'preact';
import type { Run } from '../../api/types.ts';
import { Labels } from '../../parts/labels.tsx';
import { ServerText } from '../../parts/server-text.tsx';
import { Status } from '../../parts/status.tsx';
import { now, Time } from '../../parts/time.tsx';
import { linkTo } from '../../state/route-text.ts';
import { isOfAllTenants, may } from '../../state/session.ts';
import { words } from '../../text/index.ts';
import { durationText } from '../../text/times.ts';
import { deselect, select, selected } from './selected.ts';

/** Runs as a list, with boxes to select them where something can be done with them. */
export function RunList({ runs }: { readonly runs: readonly Run[] }): VNode {
  return (
    <ul class="runs" aria-label={words.value.runs.list}>
      {runs.map((run) => (
        <Row key={run.id} run={run} />
      ))}
    </ul>
  );
}

function Row({ run }: { readonly run: Run }): VNode {
  const text = words.value.runs;
  const {
    id,
    tenant_id,
    name,
    workflow,
    status,
    attempt,
    origin,
    labels,
    created_at,
    error,
    awaits = [],
    queues = [],
  } = run;
  return (
    <li>
      {may('runs:operate') && (
        <label class="box">
          <input
            type="checkbox"
            aria-label={text.select(name)}
            checked={selected.value.has(id)}
            onChange={({ currentTarget }) => (currentTarget.checked ? select : deselect)([id])}
          />
        </label>
      )}
      <Status status={status} />
      <div class="what">
        <p class="name breakable">
          <a href={linkTo(['runs', id])}>{name}</a>
          {name !== workflow && <span class="muted"> {workflow}</span>}
        </p>
        <p class="muted breakable">
          {isOfAllTenants() && <>{tenant_id} · </>}
          <code>{id}</code>
          {attempt > 1 && <> · {text.attempt(attempt)}</>}
          {' · '}
          {text.startedBy(words.value.origin[origin.kind] ?? origin.kind, origin.by)}
          <Labels labels={labels} />
        </p>
        {status === 'blocked' && (
          <p class="breakable">
            {text.blocked} {queues.length > 0 && <a href={linkTo(['queues'])}>{text.blockedOn(queues.join(', '))}</a>}
          </p>
        )}
        {awaits.length > 0 && (
          <p class="breakable">
            {text.awaits}:{' '}
            {awaits
              .map(({ kind, message, name: what }) => `${text.awaitsKinds[kind] ?? kind} (${message ?? what})`)
              .join(', ')}
          </p>
        )}
        {error !== undefined && (
          <p class="breakable">
            <code>{error.code}</code> <ServerText>{error.message}</ServerText>
          </p>
        )}
      </div>
      <p class="when muted">
        <Time at={created_at} /> <br />
        <Took run={run} />
      </p>
    </li>
  );
}

function Took({ run: { started_at, ended_at } }: { readonly run: Run }): VNode | null {
  if (started_at === undefined) return null;
  const until = ended_at === undefined ? now.value : Date.parse(ended_at);
  return <>{durationText(until - Date.parse(started_at))}</>;
}
