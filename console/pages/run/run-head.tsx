import type { VNode } from 'preact';
import type { RunDetails } from '../../api/types.ts';
import { Labels } from '../../parts/labels.tsx';
import { Status } from '../../parts/status.tsx';
import { now, Time } from '../../parts/time.tsx';
import { linkTo } from '../../state/route-text.ts';
import { words } from '../../text/index.ts';
import { durationText } from '../../text/times.ts';
import { RunActions } from './actions/run-actions.tsx';

/** What a run is, what it is at, and what can be done with it. */
export function RunHead({ run, changed }: { readonly run: RunDetails; readonly changed: () => void }): VNode {
  const text = words.value;
  const { id, name, workflow, file, status, attempt, origin, labels, created_at, started_at, ended_at } = run;
  const { secrets_missing = [] } = run;
  return (
    <header class="run-head">
      <p>
        <a href={linkTo(['runs'])}>{text.runs.title}</a>
      </p>
      <div class="title">
        <h1 class="breakable">{name}</h1>
        <Status status={status} />
        <RunActions run={run} changed={changed} />
      </div>
      <p class="muted breakable">
        {workflow} ({file}) · <code>{id}</code> · {text.runs.attempt(attempt)} ·{' '}
        {text.runs.startedBy(text.origin[origin.kind] ?? origin.kind, origin.by)} · {text.runs.created}{' '}
        <Time at={created_at} full />
        {started_at !== undefined && (
          <> · {durationText((ended_at === undefined ? now.value : Date.parse(ended_at)) - Date.parse(started_at))}</>
        )}
        <Labels labels={labels} />
      </p>
      {secrets_missing.length > 0 && <p class="error breakable">{text.run.secretsGone(secrets_missing.join(', '))}</p>}
    </header>
  );
}
