import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { apiPath, ask } from '../../api/client.ts';
import { onceKeys } from '../../api/once.ts';
import type { Run } from '../../api/types.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { FormButtons } from '../../parts/form-buttons.tsx';
import { onSignOut } from '../../state/session.ts';
import { words } from '../../text/index.ts';
import { beginBulk, type BulkKind } from './bulk-progress.tsx';

/** What got no answer, or the server had no time for, is asked for again with its key, also where it is selected anew. */
let keyOf = onceKeys();
onSignOut(() => (keyOf = onceKeys()));

/** Asks once more, then has it done for one run after the other. */
export function BulkDialog({
  kind,
  runs,
  close,
}: {
  readonly kind: BulkKind;
  readonly runs: readonly Run[];
  readonly close: () => void;
}): VNode {
  const text = words.value.runs;
  const reason = useSignal('');
  const from = useSignal('all');
  const begin = (event: Event): void => {
    event.preventDefault();
    const body = kind === 'cancel' ? reasonOf(reason.value) : { from: from.value };
    close();
    const attempts = new Map(runs.map(({ id, attempt }) => [id, attempt]));
    beginBulk(kind, runs, (id) =>
      ask(`${apiPath`v1/workflows/${id}`}/${kind}`, {
        method: 'POST',
        body,
        once: keyOf([id, attempts.get(id), kind, body]),
      }),
    );
  };
  return (
    <Dialog title={kind === 'cancel' ? text.cancelTitle(runs.length) : text.rerunTitle(runs.length)} close={close}>
      <form onSubmit={begin}>
        <p>{kind === 'cancel' ? text.cancelExplain : text.rerunExplain}</p>
        {kind === 'cancel' ? (
          <label>
            {words.value.common.reason} ({words.value.common.optional})
            <input
              value={reason.value}
              maxLength={1000}
              onInput={({ currentTarget }) => (reason.value = currentTarget.value)}
            />
          </label>
        ) : (
          <fieldset>
            <legend class="hidden">{text.rerunTitle(runs.length)}</legend>
            {(['all', 'failed'] as const).map((one) => (
              <label class="box">
                <input type="radio" name="from" checked={from.value === one} onChange={() => (from.value = one)} />
                {one === 'all' ? text.rerunAll : text.rerunFailed}
              </label>
            ))}
          </fieldset>
        )}
        <FormButtons submit={words.value.common.yes} close={close} />
      </form>
    </Dialog>
  );
}

function reasonOf(text: string): { readonly reason?: string } {
  return text.trim() === '' ? {} : { reason: text.trim() };
}
