import { useSignal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { asProblem } from '../api/client.ts';
import { type KeyOf, useOnceKeys } from '../api/once.ts';
import type { ApiProblem } from '../api/problem.ts';
import { words } from '../text/index.ts';
import { Dialog } from './dialog.tsx';
import { FormButtons } from './form-buttons.tsx';
import { Problem } from './problem.tsx';

/** Asks once more before something is done, and says what kept it from being done. */
export function ActionDialog({
  title,
  explain,
  field,
  children,
  act,
  close,
}: {
  readonly title: string;
  readonly explain: string;
  /** A text that goes with it. */
  readonly field?: { readonly label: string; readonly longest: number };
  readonly children?: ComponentChildren;
  /** Given the field's text, and the keys of what is to be done once. Rejects with what keeps it from being done. */
  readonly act: (text: string, keyOf: KeyOf) => Promise<unknown>;
  /** Called when it is done, and when it was thought better of. */
  readonly close: () => void;
}): VNode {
  const common = words.value.common;
  const text = useSignal('');
  const keyOf = useOnceKeys();
  const acting = useSignal(false);
  const problem = useSignal<ApiProblem | undefined>(undefined);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (acting.value) return;
    acting.value = true;
    try {
      await act(text.value.trim(), keyOf);
      close();
    } catch (thrown) {
      problem.value = asProblem(thrown);
    } finally {
      acting.value = false;
    }
  };
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <p class="breakable">{explain}</p>
        {children}
        {field !== undefined && (
          <label>
            {field.label} ({common.optional})
            <textarea
              rows={3}
              maxLength={field.longest}
              value={text.value}
              onInput={({ currentTarget }) => (text.value = currentTarget.value)}
            />
          </label>
        )}
        {problem.value !== undefined && <Problem problem={problem.value} />}
        <FormButtons submit={common.yes} close={close} disabled={acting.value} />
      </form>
    </Dialog>
  );
}
