import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { Run } from '../../api/types.ts';
import { may } from '../../state/session.ts';
import { words } from '../../text/index.ts';
import { BulkDialog } from './bulk-dialog.tsx';
import type { BulkKind } from './bulk-progress.tsx';
import { deselect, select, selected } from './selected.ts';

/** What can be done with the runs that are selected: those in progress are cancelled, those that have ended run again. */
export function BulkBar({ runs }: { readonly runs: readonly Run[] }): VNode | null {
  const text = words.value.runs;
  const asked = useSignal<{ readonly kind: BulkKind; readonly runs: readonly Run[] } | undefined>(undefined);
  if (!may('runs:operate')) return null;
  const chosen = runs.filter(({ id }) => selected.value.has(id));
  const all = chosen.length === runs.length;
  const inProgress = chosen.filter(({ ended_at }) => ended_at === undefined);
  const ended = chosen.filter(({ ended_at }) => ended_at !== undefined);
  return (
    <div class="bulk">
      <label class="box">
        <input
          type="checkbox"
          checked={all}
          indeterminate={chosen.length > 0 && !all}
          onChange={() => (all ? deselect : select)(runs.map(({ id }) => id))}
        />
        {text.selectAll}
      </label>
      <span role="status">{chosen.length > 0 ? text.selected(chosen.length) : ''}</span>
      {inProgress.length > 0 && (
        <button type="button" onClick={() => (asked.value = { kind: 'cancel', runs: inProgress })}>
          {text.cancelSelected}
        </button>
      )}
      {ended.length > 0 && (
        <button type="button" onClick={() => (asked.value = { kind: 'rerun', runs: ended })}>
          {text.rerunSelected}
        </button>
      )}
      {asked.value !== undefined && <BulkDialog {...asked.value} close={() => (asked.value = undefined)} />}
    </div>
  );
}
