import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { apiPath, ask } from '../../../api/client.ts';
import type { KeyOf } from '../../../api/once.ts';
import type { Awaited, RunDetails } from '../../../api/types.ts';
import { ActionDialog } from '../../../parts/action-dialog.tsx';
import { Since } from '../../../parts/since.tsx';
import { may } from '../../../state/session.ts';
import { words } from '../../../text/index.ts';

type Decision = 'approve' | 'reject' | 'push-back';

/** The comments of decisions, in characters. */
const longestComment = 10_000;

/** What a run waits for somebody to send, with the decisions over approvals for who may take them. */
export function Approvals({ run, changed }: { readonly run: RunDetails; readonly changed: () => void }): VNode | null {
  const text = words.value.actions;
  if (run.awaits.length === 0) return null;
  return (
    <section class="awaits" aria-label={text.awaits}>
      <h2>{text.awaits}</h2>
      <ul>
        {run.awaits.map((awaited) => (
          <li key={awaited.id ?? `${awaited.kind} ${awaited.job} ${awaited.step}`}>
            <One run={run.id} awaited={awaited} changed={changed} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function One({
  run,
  awaited,
  changed,
}: {
  readonly run: string;
  readonly awaited: Awaited;
  readonly changed: () => void;
}): VNode {
  const text = words.value;
  const { kind, name, job, step, message, approvers = [], push_back_to = [], secrets = [], since, until } = awaited;
  return (
    <>
      <p class="breakable">
        <strong>{text.runs.awaitsKinds[kind] ?? kind}</strong> ·{' '}
        <code>{step === undefined ? job : `${job}/${step}`}</code>
        {kind === 'signal' && <> · {name}</>}
        <Since since={since} until={until} />
      </p>
      {message !== undefined && <p class="breakable">{message}</p>}
      {secrets.length > 0 && <p class="breakable">{text.actions.secrets(secrets.join(', '))}</p>}
      {kind === 'approval' && (
        <>
          {approvers.length > 0 && <p class="muted breakable">{text.actions.approvers(approvers.join(', '))}</p>}
          {may('runs:approve') ? (
            <Decisions run={run} awaited={awaited} pushBackTo={push_back_to} changed={changed} />
          ) : (
            <p class="muted">{text.actions.mayNotApprove}</p>
          )}
        </>
      )}
    </>
  );
}

function Decisions({
  run,
  awaited: { id, job, step },
  pushBackTo,
  changed,
}: {
  readonly run: string;
  readonly awaited: Awaited;
  readonly pushBackTo: readonly string[];
  readonly changed: () => void;
}): VNode {
  const text = words.value.actions;
  const asked = useSignal<Decision | undefined>(undefined);
  const target = useSignal(pushBackTo[0] ?? '');
  const possible = (['approve', 'reject', 'push-back'] as const).filter(
    (one) => one !== 'push-back' || pushBackTo.length > 0,
  );
  const decision = asked.value;
  const decide = (comment: string, keyOf: KeyOf): Promise<unknown> => {
    const body = {
      decision,
      job,
      ...(step === undefined ? {} : { step }),
      ...(id === undefined ? {} : { awaited: id }),
      ...(decision === 'push-back' ? { to: target.value } : {}),
      ...(comment === '' ? {} : { comment }),
    };
    return ask(apiPath`v1/workflows/${run}/approvals`, { method: 'POST', body, once: keyOf(body) });
  };
  return (
    <div class="decisions">
      {possible.map((one) => (
        <button type="button" key={one} class={one === 'approve' ? 'primary' : ''} onClick={() => (asked.value = one)}>
          {text.decisions[one]}
        </button>
      ))}
      {decision !== undefined && (
        <ActionDialog
          title={text.decisions[decision]}
          explain={text.decides[decision]}
          field={{ label: text.comment, longest: longestComment }}
          act={decide}
          close={() => {
            asked.value = undefined;
            changed();
          }}
        >
          {decision === 'push-back' && (
            <label>
              {text.pushBackTo}
              <select value={target.value} onChange={({ currentTarget }) => (target.value = currentTarget.value)}>
                {pushBackTo.map((one) => (
                  <option value={one}>{one}</option>
                ))}
              </select>
            </label>
          )}
        </ActionDialog>
      )}
    </div>
  );
}
