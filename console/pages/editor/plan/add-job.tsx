import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { Outline } from '../../../language/protocol.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { FormButtons } from '../../../parts/form-buttons.tsx';
import { words } from '../../../text/index.ts';
import type { Act } from './plan-side.tsx';

/** Asks for what a new job is called and what it needs; its first step is a script, to be changed then. */
export function AddJob({
  outline,
  after,
  act,
  close,
}: {
  readonly outline: Outline;
  readonly after: string | undefined;
  readonly act: Act;
  readonly close: () => void;
}): VNode {
  const text = words.value.editor;
  const id = useSignal('');
  const needs = useSignal<readonly string[]>([]);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const job = {
      ...(needs.value.length === 0 ? {} : { needs: needs.value }),
      steps: [{ run: `echo "${text.newStep}"` }],
    };
    // Why it isn't done is said on the page.
    await act({ kind: 'add-job', id: id.value.trim(), job, ...(after === undefined ? {} : { after }) });
    close();
  };
  return (
    <Dialog title={text.addJob} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          {text.jobId}
          <input
            required
            pattern="[A-Za-z_][A-Za-z0-9_\-]{0,99}"
            title={text.idHint}
            value={id.value}
            onInput={({ currentTarget }) => (id.value = currentTarget.value)}
          />
        </label>
        {outline.jobs.length > 0 && (
          <fieldset>
            <legend>{text.needs}</legend>
            <div class="choices">
              {outline.jobs.map((job) => (
                <label key={job.id} class="box">
                  <input
                    type="checkbox"
                    checked={needs.value.includes(job.id)}
                    onChange={({ currentTarget }) => {
                      const others = needs.value.filter((one) => one !== job.id);
                      needs.value = currentTarget.checked ? [...others, job.id] : others;
                    }}
                  />
                  {job.id}
                </label>
              ))}
            </div>
          </fieldset>
        )}
        <FormButtons submit={text.add} close={close} />
      </form>
    </Dialog>
  );
}
