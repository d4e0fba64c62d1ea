import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { PlannedInput } from '../../../schemas/index.ts';
import { ask, asProblem } from '../../api/client.ts';
import { useOnceKeys } from '../../api/once.ts';
import type { ApiProblem } from '../../api/problem.ts';
import type { Json } from '../../api/types.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { FormButtons } from '../../parts/form-buttons.tsx';
import { Problem } from '../../parts/problem.tsx';
import { goTo } from '../../state/route.ts';
import { linkTo } from '../../state/route-text.ts';
import { words } from '../../text/index.ts';
import type { Editor, Read } from './editor.ts';
import { Field } from './plan/field.tsx';
import type { InputField } from './plan/fields.ts';

/** Asks for the inputs and secrets of the workflow, and runs it. Values of secrets are in this form alone, until it closes. */
export function RunForm({
  editor,
  read: { plan, secrets },
  close,
}: {
  readonly editor: Editor;
  readonly read: Read;
  readonly close: () => void;
}): VNode {
  const text = words.value.editor;
  const inputs = useSignal<Readonly<Record<string, Json>>>({});
  const held = useSignal<Readonly<Record<string, string>>>({});
  const running = useSignal(false);
  const keyOf = useOnceKeys();
  const problem = useSignal<ApiProblem | undefined>(undefined);
  const fields = Object.entries(plan?.inputs ?? {}).map(([name, input]) => fieldOf(name, input));
  const set =
    (name: string) =>
    (value: Json | undefined): Promise<boolean> => {
      const { [name]: _before, ...others } = inputs.value;
      inputs.value = value === undefined ? others : { ...others, [name]: value };
      return Promise.resolve(true);
    };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (running.value) return;
    running.value = true;
    problem.value = undefined;
    try {
      const body = {
        workflow: editor.whole,
        file: editor.name.value,
        files: editor.files.value,
        inputs: inputs.value,
        secrets: held.value,
      };
      const { id } = await ask<{ readonly id: string }>('v1/workflows', { method: 'POST', body, once: keyOf(body) });
      close();
      goTo(linkTo(['runs', id]));
    } catch (thrown) {
      problem.value = asProblem(thrown);
    } finally {
      running.value = false;
    }
  };
  return (
    <Dialog title={text.runTitle(plan?.name ?? editor.name.value)} close={close}>
      <form onSubmit={(event) => void submit(event)} autocomplete="off">
        {fields.length + secrets.length === 0 && <p>{text.runPlain}</p>}
        {fields.map((field) => (
          <Field key={field.name} field={field} value={inputs.value[field.name]} set={set(field.name)} />
        ))}
        {secrets.map(({ name, conditional }) => (
          <label key={name}>
            <span>
              <code>{name}</code> <span class="muted">{conditional ? text.secretOptional : text.secret}</span>
            </span>
            <input
              type="password"
              autocomplete="off"
              required={!conditional}
              value={held.value[name] ?? ''}
              onInput={({ currentTarget: { value } }) => {
                const { [name]: _before, ...others } = held.value;
                held.value = value === '' ? others : { ...others, [name]: value };
              }}
            />
          </label>
        ))}
        {problem.value !== undefined && <Problem problem={problem.value} />}
        <FormButtons submit={text.run} close={close} disabled={running.value} />
      </form>
    </Dialog>
  );
}

function fieldOf(name: string, input: PlannedInput): InputField {
  const { type, description, required, options, default: usual } = input;
  const kinds = { string: 'text', number: 'number', boolean: 'boolean', choice: 'choice', json: 'value' } as const;
  return {
    name,
    kind: kinds[type],
    required,
    ...(description === undefined ? {} : { description }),
    ...(options === undefined ? {} : { options }),
    ...(usual === undefined ? {} : { default: usual }),
  };
}
