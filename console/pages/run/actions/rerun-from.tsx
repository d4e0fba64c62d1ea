import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { apiPath, ask } from '../../../api/client.ts';
import type { RunDetails } from '../../../api/types.ts';
import { ActionDialog } from '../../../parts/action-dialog.tsx';
import { may } from '../../../state/session.ts';
import { words } from '../../../text/index.ts';

/** From where on a run runs again, as the API has it. */
export type From =
  | { readonly from: 'job'; readonly job: string }
  | { readonly from: 'step'; readonly job: string; readonly step: string };

/** Runs an ended run again from a job, which may be a cell or a host, or from a step on. */
export function RerunFrom({
  run,
  from,
  changed,
}: {
  readonly run: RunDetails;
  readonly from: From;
  readonly changed: () => void;
}): VNode | null {
  const text = words.value.actions;
  const asked = useSignal(false);
  if (run.ended_at === undefined || !may('runs:operate')) return null;
  return (
    <>
      <button type="button" onClick={() => (asked.value = true)}>
        {from.from === 'job' ? text.rerunJob : text.rerunStep}
      </button>
      {asked.value && (
        <ActionDialog
          title={from.from === 'job' ? text.rerunJob : text.rerunStep}
          explain={from.from === 'job' ? text.rerunJobExplain(from.job) : text.rerunStepExplain(from.job, from.step)}
          act={(_, keyOf) =>
            ask(apiPath`v1/workflows/${run.id}/rerun`, { method: 'POST', body: from, once: keyOf(from) })
          }
          close={() => {
            asked.value = false;
            changed();
          }}
        />
      )}
    </>
  );
}
