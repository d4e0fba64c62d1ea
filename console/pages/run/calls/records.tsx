import type { VNode } from 'preact';
import type { AuditRecord } from '../../../api/boundary.ts';
import { apiPath, ask } from '../../../api/client.ts';
import type { RunDetails } from '../../../api/types.ts';
import { Problem } from '../../../parts/problem.tsx';
import { useLoaded } from '../../../state/loaded.ts';
import { words } from '../../../text/index.ts';

/** Whether the records of the host calls hold, each as the server checked it just now. */
export function Records({ run }: { readonly run: RunDetails }): VNode | null {
  const text = words.value.records;
  const { value, problem, refresh } = useLoaded(`${run.id} ${run.attempt} ${run.status}`, (signal) =>
    ask<{ readonly audit_records: readonly AuditRecord[] }>(apiPath`v1/workflows/${run.id}/audit-records`, { signal }),
  );
  if (problem.value !== undefined) return <Problem problem={problem.value} again={refresh} />;
  const records = value.value?.audit_records ?? [];
  if (records.length === 0) return null;
  return (
    <section aria-label={text.title}>
      <h2>{text.title}</h2>
      <ul class="records">
        {records.map((record) => (
          <li key={`${record.agent} ${record.key} ${record.entries}`}>
            <One record={record} />
          </li>
        ))}
      </ul>
      <p>
        <button type="button" onClick={refresh}>
          {text.again}
        </button>
      </p>
    </section>
  );
}

const looks: Readonly<Record<string, string>> = { intact: 'success', broken: 'failure', torn: 'waiting' };

function One({ record }: { readonly record: AuditRecord }): VNode {
  const text = words.value.records;
  const { agent, state, reason, entries, signed, key, checked_with } = record;
  return (
    <>
      <p class="breakable">
        <span class={`status status-${looks[state] ?? 'running'}`}>
          <span class="dot" aria-hidden="true" />
          {text.states[state] ?? state}
        </span>{' '}
        {agent === undefined ? text.here : words.value.run.onAgent(agent)} · {text.entries(entries, signed)}
        {key !== undefined && (
          <>
            {' · '}
            {text.key} <code>{key}</code>
          </>
        )}
      </p>
      <p class="muted breakable">{text.checkedWith[checked_with] ?? checked_with}</p>
      {reason !== undefined && (
        <p class={`breakable${state === 'broken' ? ' error' : ' muted'}`} lang="en">
          {reason}
        </p>
      )}
    </>
  );
}
