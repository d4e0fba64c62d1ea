import type { VNode } from 'preact';
import { words } from '../text/index.ts';

/** How a dialog with a form ends: by *Cancel*, or by what `submit` says. */
export function FormButtons({
  submit,
  close,
  disabled = false,
}: {
  readonly submit: string;
  readonly close: () => void;
  readonly disabled?: boolean;
}): VNode {
  return (
    <div class="buttons">
      <button type="button" onClick={close}>
        {words.value.common.cancel}
      </button>
      <button type="submit" class="primary" disabled={disabled}>
        {submit}
      </button>
    </div>
  );
}
