import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { apiPath, ask } from '../../../api/client.ts';
import type { KeyOf } from '../../../api/once.ts';
import type { RunDetails } from '../../../api/types.ts';
import { ActionDialog } from '../../../parts/action-dialog.tsx';
import { may } from '../../../state/session.ts';
import { words } from '../../../text/index.ts';

const actions = ['cancel', 'terminate', 'pause', 'resume', 'rerun-all', 'rerun-failed'] as const;
type Action = (typeof actions)[number];

/** The reasons of operations, in characters. */
const longestReason = 1000;

/** What can be done with a run as it is now, by who may. */
export function RunActions({ run, changed }: { readonly run: RunDetails; readonly changed: () => void }): VNode | null {
  const text = words.value.actions;
  const asked = useSignal<Action | undefined>(undefined);
  if (!may('runs:operate')) return null;
  const action = asked.value;
  return (
    <div class="buttons">
      {actions
        .filter((one) => isPossible(one, run))
        .map((one) => (
          <button type="button" key={one} onClick={() => (asked.value = one)}>
            {text.names[one]}
          </button>
        ))}
      {action !== undefined && (
        <ActionDialog
          title={text.names[action]}
          explain={text.explains[action]}
          {...(action.startsWith('rerun')
            ? {}
            : { field: { label: words.value.common.reason, longest: longestReason } })}
          act={(reason, keyOf) => carryOut(run.id, action, { reason, keyOf })}
          close={() => {
            asked.value = undefined;
            changed();
          }}
        />
      )}
    </div>
  );
}

function isPossible(action: Action, { ended_at, status, jobs }: RunDetails): boolean {
  switch (action) {
    case 'cancel':
    case 'terminate':
      return ended_at === undefined;
    case 'pause':
      return ended_at === undefined && status !== 'paused';
    case 'resume':
      return status === 'paused';
    case 'rerun-all':
      return ended_at !== undefined;
    case 'rerun-failed':
      return (
        ended_at !== undefined &&
        Object.values(jobs).some((job) => job.status === 'failure' || job.status === 'cancelled')
      );
    default:
      return action satisfies never;
  }
}

function carryOut(
  run: string,
  action: Action,
  { reason, keyOf }: { readonly reason: string; readonly keyOf: KeyOf },
): Promise<unknown> {
  const [verb = '', from] = action.split('-');
  const body = from === undefined ? (reason === '' ? {} : { reason }) : { from };
  return ask(`${apiPath`v1/workflows/${run}`}/${verb}`, { method: 'POST', body, once: keyOf([verb, body]) });
}
