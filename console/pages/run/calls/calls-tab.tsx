import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { apiPath, ask } from '../../../api/client.ts';
import type { HostCall, HostCallPage, RunDetails } from '../../../api/types.ts';
import { ErrorBox } from '../../../parts/error-box.tsx';
import { Loading } from '../../../parts/loading.tsx';
import { Problem } from '../../../parts/problem.tsx';
import { Time } from '../../../parts/time.tsx';
import { jsonText } from '../../../parts/values.tsx';
import { useLive } from '../../../state/live.ts';
import { goTo, route } from '../../../state/route.ts';
import { linkTo } from '../../../state/route-text.ts';
import { words } from '../../../text/index.ts';
import { durationText } from '../../../text/times.ts';
import { MayDo } from './may-do.tsx';
import { Records } from './records.tsx';

const inProgressMs = 2000;
const endedMs = 30_000;
const pageSize = 100;
const decisions = ['allowed', 'denied', 'invalid'] as const;

/** What the steps of a run asked their hosts for, and by which rule it was let through or not. */
export function CallsTab({ run }: { readonly run: RunDetails }): VNode {
  const text = words.value.calls;
  const { query } = route.value;
  const filter = {
    job: query.get('job') ?? undefined,
    step: query.get('step') ?? undefined,
    decision: query.get('decision') ?? undefined,
    cursor: query.get('cursor') ?? undefined,
  };
  const link = (change: Partial<typeof filter>): string => linkTo(['runs', run.id, 'calls'], { ...filter, ...change });
  const { value, problem, refresh } = useLive(
    link({}),
    () => (run.ended_at === undefined ? inProgressMs : endedMs),
    (signal) =>
      ask<HostCallPage>(apiPath`v1/workflows/${run.id}/host-calls`, { query: { ...filter, limit: pageSize }, signal }),
  );
  const page = value.value;
  return (
    <section aria-label={words.value.run.boundary} class="calls">
      <div class="log-bar">
        <label class="box">
          {text.decision}
          <select
            value={filter.decision ?? ''}
            onChange={({ currentTarget: { value: chosen } }) =>
              goTo(link({ decision: chosen === '' ? undefined : chosen, cursor: undefined }))
            }
          >
            <option value="">{words.value.common.all}</option>
            {decisions.map((one) => (
              <option value={one}>{text.decisions[one]}</option>
            ))}
          </select>
        </label>
        {filter.job !== undefined && (
          <p class="breakable">
            <code>{filter.step === undefined ? filter.job : `${filter.job}/${filter.step}`}</code>{' '}
            <a href={link({ job: undefined, step: undefined, cursor: undefined })}>{text.ofAll}</a>
          </p>
        )}
      </div>
      {filter.job !== undefined && <MayDo key={link({})} run={run.id} job={filter.job} step={filter.step} />}
      {problem.value !== undefined && <Problem problem={problem.value} again={refresh} />}
      {page === undefined && problem.value === undefined && <Loading />}
      {page?.problem !== undefined && <ErrorBox error={page.problem} />}
      {page !== undefined && page.host_calls.length === 0 && <p class="empty">{text.empty}</p>}
      {page !== undefined && page.host_calls.length > 0 && (
        <ul class="call-list" aria-label={words.value.run.boundary}>
          {page.host_calls.map((call) => (
            <li key={`${call.agent} ${call.sequence}`}>
              <Call call={call} />
            </li>
          ))}
        </ul>
      )}
      {page?.next_cursor !== undefined && <a href={link({ cursor: page.next_cursor })}>{text.further}</a>}
      <Records run={run} />
    </section>
  );
}

function Call({ call: one }: { readonly call: HostCall }): VNode {
  const text = words.value.calls;
  const { at, job, step, plugin, call, decision, rules, reason, result, duration_ms, facts, secrets, truncated } = one;
  const open = useSignal(decision !== 'allowed');
  const style = decision === 'allowed' ? 'status-success' : 'status-failure';
  return (
    <details open={open.value} onToggle={({ currentTarget }) => (open.value = currentTarget.open)}>
      <summary class="breakable">
        <span class={`status ${style}`}>
          <span class="dot" aria-hidden="true" />
          {text.decisions[decision] ?? decision}
        </span>{' '}
        <code>
          {call.capability}.{call.operation}
        </code>{' '}
        <span class="muted">
          {job}/{step} · {plugin.name}@{plugin.version} · <Time at={at} />
          {duration_ms !== undefined && <> · {durationText(duration_ms)}</>} · {text.results[result] ?? result}
        </span>
      </summary>
      {reason !== undefined && <p class="error breakable">{reason}</p>}
      {rules.length > 0 && (
        <>
          <h2>{text.rules}</h2>
          <ul>
            {rules.map((rule) => (
              <li class="breakable">
                <code>{rule}</code>
              </li>
            ))}
          </ul>
        </>
      )}
      <h2>{truncated ? text.cutArguments : text.arguments}</h2>
      <pre class="breakable">{jsonText(call.args)}</pre>
      {facts !== undefined && (
        <>
          <h2>{text.facts}</h2>
          <pre class="breakable">{jsonText(facts)}</pre>
        </>
      )}
      {secrets !== undefined && secrets.length > 0 && <p class="breakable">{text.secrets(secrets.join(', '))}</p>}
    </details>
  );
}
